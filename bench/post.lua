-- The small POST of bench_http, for wrk.
wrk.method = "POST"
wrk.body = "recipient=%2B447700900123&content=Parcel+at+the+door&x=123"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.headers["Authorization"] = "rb_live_0123456789abcdefghijABCDEFGHIJkl"
