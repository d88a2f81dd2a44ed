"""Check 30 of the Robase contract: templates and their language."""
from robase import NOBODY, answered, assert_error


def create(project, name="T", body="x"):
    return answered(project.post("/sms-templates", {"name": name, "body": body}), 201)


def render(project, template, variables):
    return answered(project.post(f"/sms-templates/{template['id']}/render", {"variables": variables}),
                    200)


def test_check_30_a_template_has_a_slug_and_its_variables(project):
    made = create(project, "Ride arriving", "Hi {{.name}}, {{.eta}} min")
    # The setup has one of that name.
    assert made["slug"] == "ride-arriving-2"
    first = next(row for row in project.listed("/sms-templates") if row["slug"] == "ride-arriving")
    for template in (made, first):
        assert {"id", "name", "slug", "body", "variables"} <= set(template)
        assert (template["name"], template["body"]) == ("Ride arriving", "Hi {{.name}}, {{.eta}} min")
        assert template["variables"] == ["name", "eta"]
        assert answered(project.get(f"/sms-templates/{template['id']}"), 200) == template
    assert create(project, "Ride arriving")["slug"] == "ride-arriving-3"


def test_check_30_a_new_name_keeps_the_slug(project):
    template = project.template()
    path = f"/sms-templates/{template['id']}"
    changed = answered(project.call("PATCH", path, {"name": "Taxi"}), 200)
    assert changed == {**template, "name": "Taxi"}
    changed = answered(project.call("PATCH", path, {"body": "{{.b}} {{.a}}{{.b}}"}), 200)
    assert (changed["slug"], changed["variables"]) == ("ride-arriving", ["b", "a"])
    assert answered(project.get(path), 200) == changed
    assert project.accepted(template="ride-arriving", variables={"a": 1, "b": 2})["body"] == "2 12"


def test_check_30_render_shows_the_text_and_sends_nothing(project):
    template = project.template()
    assert render(project, template, {"name": "Ada", "eta": 3}) == {
        "body": "Hi Ada, 3 min", "encoding": "GSM7", "segments": 1}
    assert render(project, template, {"name": "Жанна" * 20, "eta": 3}) == {
        "body": f"Hi {'Жанна' * 20}, 3 min", "encoding": "UCS2", "segments": 2}
    assert render(project, template, {})["body"] == "Hi <no value>, <no value> min"
    project.assert_untouched()


SLUGS = {"Ride arriving!": "ride-arriving-2", "  Über 24/7 -- Now ": None, "OTP": "otp", "a_b": "a-b",
         "A  B": "a-b-2", "--x--": "x"}


def test_slugs(project):
    for name, slug in SLUGS.items():
        made = create(project, name)["slug"]
        assert made == slug or slug is None, name
        assert made.strip("-") == made != ""
        assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"), made


RENDERED = [  # the body, the variables, the text
    ("{{.user.email}}", {"user": {"email": "a@b.c"}}, "a@b.c"),
    ("{{.user.name}}", {"user": {}}, "<no value>"),
    ('{{printf "%d" .count}}', {"count": 7}, "7"),
    ('{{printf "%s:%v" .a .b}}', {"a": "x", "b": True}, "x:true"),
    ('{{printf "%.2f" .price}}', {"price": 2.5}, "2.50"),
    ('{{.name | printf "%q"}}', {"name": "Ada"}, '"Ada"'),
    ("{{if .x}}yes{{else}}no{{end}}", {"x": 1}, "yes"),
    ("{{if .x}}yes{{else}}no{{end}}", {"x": 0}, "no"),
    ("{{if .x}}yes{{else}}no{{end}}", {"x": ""}, "no"),
    ("{{if .x}}yes{{else}}no{{end}}", {"x": []}, "no"),
    ("{{if .x}}yes{{else}}no{{end}}", {}, "no"),
    ("{{if eq .n 1}}one{{else if gt .n 1}}many{{else}}none{{end}}", {"n": 3}, "many"),
    ("{{if and .a (not .b)}}ok{{end}}", {"a": True, "b": False}, "ok"),
    ("a {{- .x -}} b", {"x": "-"}, "a-b"),
    ("a{{/* nothing */}}b", {}, "ab"),
    ("{{len .name}}", {"name": "Ada"}, "3"),
    ("{{.n}}", {"n": 1000000}, "1000000"),
    ("{{.n}}", {"n": 1.5}, "1.5"),
    ("{{.t}} {{.f}}", {"t": True, "f": False}, "true false"),
    ("{ {x} }", {}, "{ {x} }"),
]


def test_the_language_is_gos(project):
    for body, variables, text in RENDERED:
        assert render(project, create(project, "T", body), variables)["body"] == text, body


def test_a_body_that_is_no_template_is_refused(project):
    template = project.template()
    for body in ("{{.name", "{{", "{{end}}", "{{if .x}}", "{{range .x}}{{end}}", "{{nope .x}}",
                 '{{template "x"}}', "{{else}}", "{{.a b}}", '{{printf "%d}}', "{{with .x}}{{end}}"):
        assert_error(project.post("/sms-templates", {"name": "T", "body": body}), "validation_error",
                     "body", body)
        assert_error(project.call("PATCH", f"/sms-templates/{template['id']}", {"body": body}),
                     "validation_error", "body", body)
    assert project.template() == template


def test_a_template_needs_a_name_and_a_body(project):
    for body, field in (({"body": "x"}, "name"), ({"name": "", "body": "x"}, "name"),
                        ({"name": 5, "body": "x"}, "name"), ({"name": "T"}, "body"),
                        ({"name": "T", "body": ""}, "body")):
        assert_error(project.post("/sms-templates", body), "validation_error", field, body)
    assert len(project.listed("/sms-templates")) == 1


def test_a_deleted_template_is_gone(project):
    path = f"/sms-templates/{project.template()['id']}"
    answer = project.call("DELETE", path)
    assert (answer.status, answer.body) == (204, b"")
    for method in ("GET", "DELETE"):
        assert_error(project.call(method, path), "not_found", note=method)
    assert project.listed("/sms-templates") == []
    assert_error(project.send(template="ride-arriving"), "not_found", "template")
    assert create(project, "Ride arriving")["slug"] == "ride-arriving"


def test_templates_survive_a_crash(project):
    made = create(project, "Bye", "Bye {{.name}}")
    before = project.listed("/sms-templates")
    assert made in before
    project.server.kill()
    project.server.start()
    assert project.listed("/sms-templates") == before
    assert project.accepted(template="bye", variables={"name": "Ada"})["body"] == "Bye Ada"
    assert_error(project.get(f"/sms-templates/{NOBODY}"), "not_found")
