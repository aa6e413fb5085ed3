"""What goes wrong on the way, in the middle of an apply. After each trouble the next apply must converge.

AWS's part is played by the proxy: it answers calls with AWS's errors, or cuts the connection."""

import signal
from contextlib import contextmanager

from proxy import Fault

THROTTLED = Fault(400, "Throttling", "Rate exceeded")
DENIED = Fault(403, "AccessDenied", "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: iam:CreatePolicy")
EXPIRED = Fault(403, "ExpiredToken", "The security token included in the request is expired")
NOT_YET = Fault(404, "NoSuchEntity", "The role with name GenesysDataActionRole cannot be found.")
LOST = Fault()


@contextmanager
def faults(w, *planned):
    """Each (action, fault) happens once, when the action is next asked for."""
    planned = list(planned)

    def fault(action):
        for index, (wanted, answer) in enumerate(planned):
            if wanted == action:
                del planned[index]
                return answer() if callable(answer) else answer
        return None

    w.emulator.proxy.fault = fault
    try:
        yield planned
    finally:
        w.emulator.proxy.fault = lambda action: None


def walk(w, apply, first, target):
    create_role, create_policy, attach = first
    w.manifest(target)

    def converges(step, *operations):
        w.check_run(step, w.run(*apply), 0, list(operations), list(operations))
        w.check_run(step, w.run("drift"), 0, [], [])
        w.check_run(step, w.run("destroy", "--yes"), 0)
        step.check("nothing is left", (w.role(), [arn for arn in w.customer_policies() if "/rolecall/" in arn]), (None, []))

    with w.step("throttled: calls are tried again") as step:
        with faults(w, ("iam:GetRole", THROTTLED), ("iam:GetRole", THROTTLED), (create_role, THROTTLED)) as left:
            run = w.run(*apply)
        w.check_run(step, run, 0, first, [create_role, *first])
        step.check("every fault happened", left, [])
        converges(step)
    with w.step("throttled until the deadline") as step:
        with faults(w, *[("iam:GetRole", THROTTLED)] * 100):
            run = w.run(*apply, "--deadline", "3", json_output=False)
        w.check_run(step, run, 1, writes=[])
        step.check("says what to do", "hint:" in run.stderr)
        step.check("gives up by the deadline", run.seconds < 6)
    with w.step("what was just created is not visible yet") as step:
        with faults(w, (attach, NOT_YET)) as left:
            run = w.run(*apply)
        w.check_run(step, run, 0, first, [*first, attach])
        step.check("every fault happened", left, [])
        step.check("says what is waited for", "waiting for IAM to show what was just created" in run.stderr)
        converges(step)
    with w.step("access denied in the middle") as step:
        with faults(w, (create_policy, DENIED)):
            run = w.run(*apply, json_output=False)
        w.check_run(step, run, 1, writes=[create_role, create_policy])
        step.check("names the permission", create_policy in run.stderr)
        step.check("says what was done", "done:" in run.stderr and "create role" in run.stderr)
        converges(step, create_policy, attach)
    with w.step("access denied in the middle, as JSON") as step:
        with faults(w, (create_policy, DENIED)):
            run = w.run(*apply)
        w.check_run(step, run, 1, first, [create_role, create_policy])
        applied = run.report["applied"]
        step.check("what was done", [change["operation"] for change in applied["done"]], [create_role])
        step.check("what failed", applied["failed"]["operation"], create_policy)
        step.check("what was not tried", [change["operation"] for change in applied["not_tried"]], [attach])
        step.check("a code, a message and a hint", sorted(run.report["error"]), ["code", "hint", "message"])
        converges(step, create_policy, attach)
    with w.step("credentials expire") as step:
        with faults(w, ("sts:GetCallerIdentity", EXPIRED)):
            run = w.run(*apply, json_output=False)
        w.check_run(step, run, 1, writes=[])
        step.check("says so", "expired" in run.stderr and "hint:" in run.stderr)
    with w.step("the answer to a write is lost") as step:
        with faults(w, (create_role, LOST)) as left:
            run = w.run(*apply, json_output=False)
        step.check("every fault happened", left, [])
        step.check("done, or a message and a way out", run.code == 0 or (run.code == 1 and "hint:" in run.stderr))
        converges(step, *([] if run.code == 0 else [attach]))
    with w.step("Ctrl-C in the middle") as step:
        # The signal must be seen before the answer to the write that is under way.
        w.emulator.proxy.latency = 0.2
        with faults(w, (create_policy, lambda: w.process.send_signal(signal.SIGINT))):
            run = w.run(*apply, json_output=False)
        w.emulator.proxy.latency = 0
        w.check_run(step, run, 1, writes=[create_role, create_policy])
        step.check("says that it was interrupted", "interrupted" in run.stderr)
        step.check("says what was done and what was not", "done:" in run.stderr and "not tried:" in run.stderr)
        converges(step, attach)
