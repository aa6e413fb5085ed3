"""`.pre-commit-hooks.yaml`, under pre-commit itself."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import place


class Hooks(unittest.TestCase):
    def setUp(self) -> None:
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.kept = pathlib.Path(kept.name)
        (self.kept / "bin").mkdir()
        (self.kept / "bin" / "rolecall").symlink_to(place.BINARY)
        self.variables = place.environment(
            PRE_COMMIT_HOME=str(self.kept / "cache"),
            GIT_CONFIG_GLOBAL=str(self.kept / "none"),
            GIT_AUTHOR_NAME="a",
            GIT_AUTHOR_EMAIL="a@example.com",
            GIT_COMMITTER_NAME="a",
            GIT_COMMITTER_EMAIL="a@example.com",
        )
        self.variables["PATH"] = f"{self.kept / 'bin'}:{self.variables['PATH']}"
        hooks = self.repository("hooks")
        shutil.copy(place.ROOT / ".pre-commit-hooks.yaml", hooks)
        self.git(hooks, "add", ".")
        self.git(hooks, "commit", "--quiet", "--message", "hooks")
        revision = self.git(hooks, "rev-parse", "HEAD").strip()
        self.folder = self.repository("work")
        stated = ["trust.json", "--principal", place.PRINCIPAL, "--external-id", place.EXTERNAL_ID]
        hook = [
            {"id": "rolecall-prove", "files": "^trust\\.json$", "args": stated},
            {"id": "rolecall-manifest", "args": ["--account", "123456789012", "--region", "us-east-1"]},
        ]
        # JSON is YAML too.
        config = {"repos": [{"repo": str(hooks), "rev": revision, "hooks": hook}]}
        (self.folder / ".pre-commit-config.yaml").write_text(json.dumps(config))

    def repository(self, name: str) -> pathlib.Path:
        folder = self.kept / name
        folder.mkdir()
        self.git(folder, "init", "--quiet")
        return folder

    def git(self, folder: pathlib.Path, *arguments: str) -> str:
        call = ["git", *arguments]
        return subprocess.run(call, cwd=folder, env=self.variables, check=True, capture_output=True, text=True).stdout

    def commit(self, code: int) -> str:
        self.git(self.folder, "add", ".")
        call = [place.TOOLS / "pre-commit", "run"]
        done = subprocess.run(call, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def test_a_policy_is_proved_when_it_changes(self) -> None:
        path = self.folder / "trust.json"
        path.write_text(json.dumps(place.trust(with_external_id=True)))
        self.assertRegex(self.commit(0), r"prove the role.*Passed")
        path.write_text(json.dumps(place.trust(with_external_id=False)))
        said = self.commit(1)
        self.assertRegex(said, r"prove the role.*Failed")
        self.assertIn("exit code: 4", said)
        self.assertIn("without an external ID", said)

    def test_a_manifest_is_read_when_it_changes(self) -> None:
        shutil.copy(place.ROOT / "src" / "cli" / "example.toml", self.folder / "rolecall.toml")
        said = self.commit(0)
        self.assertRegex(said, r"check a rolecall manifest.*Passed")
        self.assertRegex(said, r"prove the role.*Skipped")
        (self.folder / "rolecall.toml").write_text("version = 2\n")
        said = self.commit(1)
        self.assertIn("exit code: 2", said)
        self.assertIn("version 2 is not known", said)
