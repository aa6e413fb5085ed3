"""`templates/rolecall.yml`: the script of the job, with the inputs that GitLab would put into it, in both shells of its images."""

import json
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import yaml

import place
from place import rolecall

TEMPLATE = place.ROOT / "templates" / "rolecall.yml"


def job(**inputs: object) -> dict:
    """The job as GitLab reads it: the inputs are put into the text, and the text is then read as YAML."""
    header, text = TEMPLATE.read_text().split("\n---\n")
    declared = yaml.safe_load(header)["spec"]["inputs"]
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    assert set(given) <= set(declared), given
    for name, rule in declared.items():
        value = given.get(name, rule["default"])
        if "regex" in rule:
            assert re.fullmatch(rule["regex"], value), f"GitLab refuses {name}: {value}"
        assert value in rule.get("options", [value])
        shown = value if isinstance(value, str) else json.dumps(value)
        text = text.replace(f"$[[ inputs.{name} ]]", shown)
    assert "$[[" not in text, text
    ((_, known),) = yaml.safe_load(text).items()
    return known


class Job(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def use(self, shell: str = "bash", variables: dict | None = None, **inputs: object) -> tuple[int, str]:
        given = {"installed": str(place.BINARY), "arguments": "--sandbox"} | inputs
        known = job(**given)
        values = {}
        for name, value in known["variables"].items():
            values[name] = value["value"] if isinstance(value, dict) else value
        values |= variables or {}
        script = "\n".join(known["script"])
        done = subprocess.run(
            [shell, "-e", "-c", script],
            cwd=self.folder,
            env=place.environment(CI="true", ROLECALL_AWS_TOKEN="id-token", **values),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def test_one_run_leaves_its_reports_and_its_exit_code(self) -> None:
        rolecall(self.folder, "apply", "--sandbox", "--yes")
        for shell in ("bash", "dash"):
            code, log = self.use(shell)
            self.assertEqual(code, 0, log)
        rolecall(self.folder, "sandbox", "tamper", "trust-extra-principal")
        for shell in ("bash", "dash"):
            code, log = self.use(shell)
            self.assertEqual(code, 4, log)
            self.assertEqual(json.loads((self.folder / "rolecall.json").read_text())["exit_code"], 4)
            suites = xml.etree.ElementTree.parse(self.folder / "rolecall.xml").getroot()
            self.assertGreater(int(suites.get("failures")), 0)
            self.assertIn("❌", (self.folder / "rolecall.md").read_text())

    def test_a_broken_manifest_and_a_wrong_command_line_are_usage(self) -> None:
        rolecall(self.folder, "plan", "--sandbox", "--report", "junit=rolecall.xml")
        code, log = self.use(arguments="--no-such-option")
        self.assertEqual(code, 2, log)
        # An older report says nothing about this run.
        self.assertFalse((self.folder / "rolecall.xml").exists())
        (self.folder / "other.toml").write_text("version = 2\n")
        code, log = self.use(file="other.toml")
        self.assertEqual(code, 2, log)
        self.assertIn('errors="1"', (self.folder / "rolecall.xml").read_text())

    def test_a_run_without_a_result_is_never_green(self) -> None:
        code, log = self.use(arguments="--help")
        self.assertEqual(code, 1, log)
        (self.folder / "empty").touch(mode=0o755)
        code, log = self.use(installed=str(self.folder / "empty"))
        self.assertEqual(code, 1, log)

    def test_the_file_to_prove_is_no_report(self) -> None:
        (self.folder / "rolecall.json").write_text("{}")
        for file in ("rolecall.json", "./rolecall.json"):
            code, log = self.use(command="prove", file=file)
            self.assertEqual(code, 2, log)
            self.assertTrue((self.folder / "rolecall.json").exists())

    def test_prove_takes_a_file(self) -> None:
        (self.folder / "the trust.json").write_text(json.dumps(place.trust(with_external_id=False)))
        stated = f"--principal {place.PRINCIPAL} --external-id {place.EXTERNAL_ID}"
        code, log = self.use(command="prove", file="the trust.json", arguments=stated)
        self.assertEqual(code, 4, log)

    def test_nothing_that_is_stated_is_run(self) -> None:
        for mark in ("$(touch bad)", "`touch bad`", "; touch bad;", "' ; touch bad; '", "* && touch bad", "$HOME"):
            for name in ("file", "arguments", "installed"):
                code, log = self.use(**{name: mark})
                self.assertNotEqual(code, 0, (mark, name, log))
                self.assertFalse((self.folder / "bad").exists(), (mark, name))
        for mark in ('" x: "', "a\nb: c", "\\"):
            for name in ("file", "arguments", "installed", "job", "stage", "image", "aws_role", "aws_region", "aws_audience"):
                with self.assertRaisesRegex(AssertionError, "GitLab refuses"):
                    job(**{name: mark})

    def test_the_role_is_assumed_with_the_token_of_the_job_which_is_then_gone(self) -> None:
        seen = place.program(
            self.folder / "seen",
            "import os, pathlib, sys\n"
            "path = os.environ.get('AWS_WEB_IDENTITY_TOKEN_FILE')\n"
            "token = pathlib.Path(path).read_text() if path else None\n"
            "pathlib.Path('rolecall.json').write_text('{}')\n"
            "print(os.environ.get('AWS_ROLE_ARN'), token, os.environ.get('ROLECALL_AWS_TOKEN'), path)\n",
        )
        role = "arn:aws:iam::123456789012:role/rolecall-verifier"
        code, log = self.use(installed=str(seen), aws_role=role)
        self.assertEqual(code, 0, log)
        self.assertTrue(log.startswith(f"{role} id-token None /"), log)
        self.assertFalse(pathlib.Path(log.split()[-1]).exists())
        self.assertEqual(self.use(installed=str(seen))[1], "None None None None\n")

    def test_the_job_says_which_exit_codes_are_warnings(self) -> None:
        self.assertEqual(job()["allow_failure"], {"exit_codes": [3]})
        self.assertEqual(job(allowed_exit_codes=[3, 5])["allow_failure"], {"exit_codes": [3, 5]})
