"""`action.yml`, on the sandbox and with an API of comments on this machine."""

import json
import pathlib
import shutil
import tempfile
import unittest
import zipfile

import github
import place
from place import rolecall

PULL_REQUEST = {"pull_request": {"number": 7, "head": {"sha": "a" * 40}}}


class Action(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.api = github.Api()
        self.addCleanup(self.api.close)

    def use(self, event: dict | None = None, variables: dict | None = None, **inputs: str) -> github.Job:
        given = {"rolecall-path": str(place.BINARY), "arguments": "--sandbox"}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        return github.use_action(self.folder, given, self.api, event, **(variables or {}))

    def stand_in(self, text: str) -> str:
        """A program in the place of rolecall that leaves these reports."""
        return str(place.program(self.folder / "stand-in", text))


class Results(Action):
    def test_in_sync_is_a_success_with_a_summary_and_a_comment_that_is_updated(self) -> None:
        rolecall(self.folder, "apply", "--sandbox", "--yes")
        job = self.use(PULL_REQUEST)
        self.assertEqual((job.code, job.outputs["exit-code"], job.outputs["result"]), (0, "0", "success"), job.log)
        self.assertIn("::notice title=rolecall drift::", job.log)
        self.assertTrue(job.summary.startswith("## rolecall drift: AWS matches the manifest"), job.summary)
        report = json.loads(pathlib.Path(job.outputs["json"]).read_text())
        self.assertEqual((report["command"], report["exit_code"]), ("drift", 0))
        self.assertEqual(job.used, [])
        (comment,) = self.api.comments
        self.assertRegex(comment["body"], r"^<!-- rolecall [0-9a-f]{32} -->\n## rolecall drift: AWS matches the manifest")
        self.assertIn(f"Of commit `{'a' * 40}`, by [this run](https://github.com/{github.REPOSITORY}/actions/runs/42).", comment["body"])

        rolecall(self.folder, "sandbox", "tamper", "trust-extra-principal")
        job = self.use(PULL_REQUEST, sarif="true")
        self.assertEqual((job.code, job.outputs["result"]), (4, "refuted"), job.log)
        self.assertIn("::error file=", job.log)
        (comment,) = self.api.comments
        self.assertIn("❌", comment["body"])
        self.assertEqual([method for method, _ in self.api.requests], ["GET", "POST", "GET", "PATCH"])
        ((name, given),) = job.used
        self.assertTrue(name.startswith("github/codeql-action/upload-sarif@"), name)
        sarif = json.loads(pathlib.Path(given["sarif_file"]).read_text())
        self.assertTrue(sarif["runs"][0]["results"])

    def test_drift_that_lets_nobody_in_fails_or_warns(self) -> None:
        rolecall(self.folder, "apply", "--sandbox", "--yes")
        rolecall(self.folder, "sandbox", "tamper", "tag-removed")
        for fail_on, code in (("pending", 3), ("inconclusive", 0), ("refuted", 0)):
            job = self.use(fail_on=fail_on)
            self.assertEqual((job.code, job.outputs["result"]), (code, "pending"), job.log)
            self.assertEqual("which fail-on lets pass" in job.log, code == 0)

    def test_a_broken_manifest_fails_with_documents_that_say_so(self) -> None:
        (self.folder / "rolecall.toml").write_text("version = 2\n")
        job = self.use(sarif="true", fail_on="refuted")
        self.assertEqual((job.code, job.outputs["result"]), (2, "usage"), job.log)
        self.assertIn("::error title=rolecall drift::", job.log)
        self.assertIn("### Error", job.summary)
        sarif = json.loads(pathlib.Path(job.outputs["sarif"]).read_text())
        self.assertFalse(sarif["runs"][0]["invocations"][0]["executionSuccessful"])

    def test_a_command_line_that_is_wrong_fails_without_reports(self) -> None:
        job = self.use(PULL_REQUEST, arguments="--no-such-option")
        self.assertEqual((job.code, job.outputs["json"], job.outputs["sarif"]), (2, "", ""), job.log)
        self.assertIn("before it had a result", job.summary)

    def test_a_run_without_a_result_is_never_green(self) -> None:
        job = self.use(PULL_REQUEST, arguments="--help")
        self.assertEqual((job.code, job.outputs["result"]), (1, "failed"), job.log)
        # The comment of an earlier commit does not stand for this one.
        self.assertEqual([method for method, _ in self.api.requests], ["GET", "POST"])

    def test_a_refuted_policy_fails_and_a_proved_one_passes(self) -> None:
        stated = f"--principal {place.PRINCIPAL} --external-id {place.EXTERNAL_ID}"
        for with_external_id, code in ((False, 4), (True, 0)):
            (self.folder / "trust.json").write_text(json.dumps(place.trust(with_external_id=with_external_id)))
            job = self.use(command="prove", file="trust.json", arguments=stated)
            self.assertEqual(job.code, code, job.log)
        self.assertIn("## rolecall prove of Trust policy trust.json", job.summary)

    def test_plan_and_verify_run_too(self) -> None:
        self.assertEqual(self.use(command="plan").outputs["result"], "success")
        rolecall(self.folder, "apply", "--sandbox", "--yes")
        self.assertEqual(self.use(command="verify", arguments="--sandbox --level paper").outputs["result"], "success")

    def test_what_cannot_be_is_refused_before_anything_runs(self) -> None:
        for wrong in (
            {"command": "apply"},
            {"command": "prove"},
            {"fail_on": "never"},
            {"arguments": "'open"},
            {"rolecall_path": "no-such-program"},
            {"rolecall_path": "", "version": "0.1.0 @ https://example.com"},
        ):
            job = self.use(PULL_REQUEST, **wrong)
            self.assertEqual((job.code, job.outputs["exit-code"]), (2, ""), (wrong, job.log))
            self.assertIn("::error title=rolecall::", job.log)


class Installing(Action):
    def test_the_version_is_installed_from_a_wheel(self) -> None:
        wheels = self.folder / "wheels"
        wheels.mkdir()
        with zipfile.ZipFile(wheels / "rolecall-0.1.0-py3-none-any.whl", "w") as wheel:
            info = "rolecall-0.1.0.dist-info"
            wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: rolecall\nVersion: 0.1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            script = zipfile.ZipInfo("rolecall-0.1.0.data/scripts/rolecall")
            script.external_attr = 0o100755 << 16
            wheel.writestr(script, f'#!/bin/sh\nexec "{place.BINARY}" "$@"\n')
            wheel.writestr(f"{info}/RECORD", "")
        offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
        job = self.use(rolecall_path="", command="plan", variables=offline)
        self.assertEqual((job.code, job.outputs["result"]), (0, "success"), job.log)
        job = self.use(rolecall_path="", version="9.9.9", variables=offline)
        self.assertEqual(job.code, 2)
        self.assertIn("cannot install rolecall 9.9.9 from PyPI", job.log)


class Comments(Action):
    def setUp(self) -> None:
        super().setUp()
        rolecall(self.folder, "apply", "--sandbox", "--yes")

    def test_other_comments_stay_and_ours_is_found_on_a_later_page(self) -> None:
        self.use(PULL_REQUEST)
        ours = self.api.comments.pop()["body"]
        # Somebody else copies our marker; others quote it.
        self.api.add(ours, login="mallory")
        for number in range(230):
            self.api.add(f"Comment {number}: {ours}")
        before = [comment["body"] for comment in self.api.comments]
        self.use(PULL_REQUEST)
        self.assertEqual([comment["body"] for comment in self.api.comments[:-1]], before)
        self.assertEqual(len(self.api.comments), 232)
        self.use(PULL_REQUEST)
        self.assertEqual(len(self.api.comments), 232)
        self.assertEqual(self.api.requests[-1][0], "PATCH")

    def test_jobs_with_other_arguments_have_comments_of_their_own(self) -> None:
        self.use(PULL_REQUEST)
        self.use(PULL_REQUEST, arguments="--sandbox --region us-east-1")
        self.use(PULL_REQUEST, variables={"GITHUB_JOB": "another"})
        self.assertEqual(len(self.api.comments), 3)

    def test_a_token_that_only_reads_fails_nothing(self) -> None:
        for status, says_why in ((403, True), (404, True), (500, False)):
            self.api.status = status
            job = self.use(PULL_REQUEST)
            self.assertEqual(job.code, 0, job.log)
            self.assertIn(f"::notice title=rolecall::no comment on the pull request: GitHub answered {status}", job.log)
            self.assertEqual("`pull-requests: write`" in job.log, says_why)

    def test_the_token_goes_nowhere_else(self) -> None:
        other = github.Api()
        self.addCleanup(other.close)
        self.api.elsewhere = f"{other.url}/"
        job = self.use(PULL_REQUEST)
        self.assertEqual((job.code, other.requests), (0, []), job.log)
        self.assertIn("GitHub answered 307", job.log)
        seen = self.stand_in("import os, sys\nprint(sorted(os.environ.items()))\nsys.exit(1)\n")
        self.assertNotIn(github.TOKEN, self.use(PULL_REQUEST, rolecall_path=seen).log)

    def test_no_comment_without_a_pull_request_or_where_nobody_wants_one(self) -> None:
        self.use()
        self.use(PULL_REQUEST, comment="false")
        self.use(PULL_REQUEST, variables={"GITHUB_EVENT_NAME": "pull_request_target"})
        self.assertEqual(self.api.requests, [])

    def test_an_event_that_is_not_what_it_should_be_fails_nothing(self) -> None:
        for event in ({"pull_request": {}}, {"pull_request": {"number": "7/../9", "head": {"sha": "x"}}}):
            job = self.use(event)
            self.assertEqual(job.code, 0, job.log)
            self.assertIn("::warning title=rolecall::no comment", job.log)
        self.use({"pull_request": {"number": 7, "head": {"sha": "`@octocat`"}}})
        self.assertIn("Of commit `unknown`", self.api.comments[0]["body"])


class Hostile(Action):
    def test_nothing_that_is_stated_is_run(self) -> None:
        marks = ['"; touch bad; "', "$(touch bad)", "`touch bad`", "a\n::error::b", "'; touch bad #", "--help", "<!-- -->"]
        for mark in marks:
            variables = {"GITHUB_WORKFLOW": mark, "GITHUB_HEAD_REF": mark, "GITHUB_JOB": mark}
            for inputs in ({"file": mark}, {"command": mark}, {"arguments": mark}, {"version": mark, "rolecall_path": ""}):
                job = self.use(PULL_REQUEST, variables, **inputs)
                self.assertFalse((self.folder / "bad").exists(), (mark, inputs))
                self.assertNotIn("\n::error::b", job.log)

    def test_a_file_name_calls_nobody_and_ends_nothing(self) -> None:
        name = "@octocat [a](www.example.com) #12.json"
        (self.folder / name).write_text(json.dumps(place.trust(with_external_id=False)))
        job = self.use(PULL_REQUEST, command="prove", file=name, arguments=f"--principal {place.PRINCIPAL}")
        (comment,) = self.api.comments
        heading = comment["body"].split("\n")[1]
        self.assertIn("@&#8203;octocat \\[a\\](www&#8203;.example.com) #&#8203;12.json", heading, job.log)

    def test_a_huge_report_is_cut_off_honestly(self) -> None:
        row = "| ❌ | " + "a" * 100 + " |\n"
        folded = "<details><summary>b</summary>\n\n```text\n" + "c\n" * 50_000 + "```\n\n</details>\n\n"
        path = self.folder / "text"
        path.write_text("## huge\n\n| | a |\n|---|---|\n" + row * 500 + folded + row * 100_000)
        text = f"import shutil, sys\nfor one in sys.argv:\n    if 'markdown=' in one: shutil.copy({str(path)!r}, one.split('=', 2)[2])\n    if 'json=' in one: open(one.split('=', 2)[2], 'w').write('{{}}')\n"
        job = self.use(PULL_REQUEST, rolecall_path=self.stand_in(text))
        self.assertEqual(job.code, 0, job.log)
        size = path.stat().st_size
        (comment,) = self.api.comments
        for shown, most in ((job.summary, 1024 * 1024), (comment["body"], 65_536)):
            self.assertLessEqual(len(shown.encode()), most)
            self.assertIn(f"**This report is cut off.** It has {size} bytes", shown)
            self.assertEqual(shown.count("<details>"), shown.count("</details>"))
            self.assertEqual(shown.count("```") % 2, 0)
        self.assertGreater(len(job.summary), 1_000_000)

    def test_reports_of_another_run_are_never_taken_for_this_one(self) -> None:
        first = self.use(command="plan")
        second = self.use(command="plan")
        self.assertNotEqual(first.outputs["json"], second.outputs["json"])
        shutil.rmtree(self.folder / ".temp")
