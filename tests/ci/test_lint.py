"""What GitHub, GitLab and pre-commit read, with linters and their published schemas; also every example of docs/ci.md."""

import json
import pathlib
import re
import tempfile
import unittest

import yaml

import place
import test_gitlab
from place import tool

# Sources by tag read well in a page; who uses an action pins it.
IN_A_PAGE = {"rules": {"unpinned-uses": {"config": {"policies": {"*": "ref-pin"}}}}}
YAMLLINT = {"extends": "relaxed", "rules": {"line-length": "disable"}}


def examples() -> dict[str, list[str]]:
    """The YAML of the page, by who reads it."""
    found: dict[str, list[str]] = {"workflow": [], "gitlab": [], "pre-commit": [], "codebuild": []}
    for text in re.findall(r"^```yaml\n(.*?)^```$", (place.ROOT / "docs" / "ci.md").read_text(), re.MULTILINE | re.DOTALL):
        keys = yaml.safe_load(text)
        # A `on` without quotes is a truth value to this reader.
        if "jobs" in keys and (True in keys or "on" in keys):
            found["workflow"].append(text)
        elif "repos" in keys:
            found["pre-commit"].append(text)
        elif "phases" in keys:
            found["codebuild"].append(text)
        else:
            found["gitlab"].append(text)
    return found


class Lint(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name: str, text: str) -> pathlib.Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def test_the_action(self) -> None:
        tool("zizmor", "--offline", "--no-config", "--persona", "auditor", "action.yml")
        tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")
        # actionlint reads an action together with a workflow that uses it.
        workflow = {
            "name": "use",
            "on": "push",
            "permissions": {},
            "jobs": {"use": {"runs-on": "ubuntu-latest", "steps": [{"uses": "./", "with": {"command": "drift"}}]}},
        }
        self.file(".github/workflows/use.yml", json.dumps(workflow))
        self.file("action.yml", (place.ROOT / "action.yml").read_text())
        self.file(".git/HEAD", "")
        tool("actionlint", "-no-color", ".github/workflows/use.yml", cwd=self.folder)
        workflow["jobs"]["use"]["steps"][0]["with"] = {"comand": "drift"}
        self.file(".github/workflows/use.yml", json.dumps(workflow))
        with self.assertRaisesRegex(AssertionError, "comand"):
            tool("actionlint", "-no-color", ".github/workflows/use.yml", cwd=self.folder)

    def test_the_component(self) -> None:
        known = {"rolecall": test_gitlab.job()}
        path = self.file(".gitlab-ci.yml", json.dumps(known))
        tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", path)
        script = self.file("script.sh", "\n".join(["#!/bin/sh", *known["rolecall"]["script"]]))
        tool("shellcheck", script)

    def test_the_hooks(self) -> None:
        tool("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")

    def test_the_scripts(self) -> None:
        tool("shellcheck", "tests/ci/run", "tests/ci/environment")

    def test_all_of_it_as_yaml(self) -> None:
        for path in ("action.yml", "templates/rolecall.yml", ".pre-commit-hooks.yaml"):
            tool("yamllint", "--strict", "--config-data", json.dumps(YAMLLINT), path)

    def test_the_examples_of_the_page(self) -> None:
        found = examples()
        self.assertTrue(all(found.values()), {name: len(texts) for name, texts in found.items()})
        config = self.file("zizmor.yml", json.dumps(IN_A_PAGE))
        for number, text in enumerate(found["workflow"]):
            path = self.file(f".github/workflows/{number}.yml", text)
            tool("actionlint", "-no-color", path)
            tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
            tool("zizmor", "--offline", "--config", config, path)
        for number, text in enumerate(found["gitlab"]):
            path = self.file(f"{number}.gitlab-ci.yml", text)
            tool("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", path)
        for number, text in enumerate(found["pre-commit"]):
            tool("pre-commit", "validate-config", self.file(f"{number}.pre-commit-config.yaml", text))
        for number, text in enumerate(text for texts in found.values() for text in texts):
            path = self.file(f"{number}.yaml", text)
            tool("yamllint", "--strict", "--config-data", json.dumps(YAMLLINT), path)

    def test_the_action_and_the_component_are_of_this_version(self) -> None:
        version = re.search(r'^version = "(.+)"$', (place.ROOT / "Cargo.toml").read_text(), re.MULTILINE).group(1)
        action = yaml.safe_load((place.ROOT / "action.yml").read_text())
        self.assertEqual(action["inputs"]["version"]["default"], version)
        self.assertEqual(test_gitlab.job()["variables"]["ROLECALL_JOB_VERSION"], version)
