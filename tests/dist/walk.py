"""The first five minutes of a user, with a command that was installed in whatever way."""

import packages


def walk(case, run, folder):
    """`run(*arguments)` runs the installed command in `folder`, which is empty."""
    told = run("--version")
    case.assertEqual((told.returncode, told.stdout, told.stderr), (0, f"rolecall {packages.PROJECT.version}\n", ""))
    applied = run("apply", "--sandbox", "--yes")
    case.assertEqual(applied.returncode, 0, applied.stderr)
    case.assertEqual(applied.stdout.splitlines()[-1], packages.LAST_LINE)
    # Nothing of the way of installing gets into what programs read.
    case.assertTrue(run("drift", "--sandbox", "--output", "json").stdout.startswith("{"))
    case.assertEqual(run("drift", "--sandbox").returncode, 0)
    case.assertEqual(run("sandbox", "tamper", "max-session").returncode, 0)
    changed = run("drift", "--sandbox")
    case.assertEqual(changed.returncode, 3, changed.stdout + changed.stderr)
    case.assertEqual(run("sandbox", "tamper", "trust-extra-principal").returncode, 0)
    refuted = run("drift", "--sandbox")
    case.assertEqual(refuted.returncode, 4, refuted.stdout + refuted.stderr)
    case.assertEqual(run("no-such-command").returncode, 2)
