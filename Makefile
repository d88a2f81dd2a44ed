# A bare `make` lists the targets. (skeleton; grows with tools/)
build/dev/build.ninja:
	meson setup build/dev -Db_sanitize=address,undefined -Dbuildtype=debugoptimized
