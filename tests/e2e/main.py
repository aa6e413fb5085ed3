"""The end-to-end tests: the real binary against software that is not ours: emulators of AWS, the official SDK of Genesys
Cloud, and Prism serving the description of its API; and `rolecall-lambda` as the provider of stacks of CloudFormation and in a
state machine of Step Functions."""

import argparse
import sys

import emulator
import on_fleet
import on_ministack
import on_moto
import on_prism
import on_sdk
import on_stack
from walk import Walk

CUSTOMER = "111122223333"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["moto", "ministack", "sdk", "prism", "stack", "fleet"], help="walk on this one alone")
    parser.add_argument("--binary", required=True, help="the rolecall that is tested")
    arguments = parser.parse_args()
    walks = {
        "moto": (emulator.start_moto, on_moto.walk),
        "ministack": (lambda: emulator.start_ministack(CUSTOMER, "iam,sts,lambda,s3"), on_ministack.walk),
    }
    passed = failed = 0
    for name, (start, steps) in walks.items():
        if arguments.only in (None, name):
            with start() as running:
                walk = Walk(name, running, arguments.binary)
                steps(walk)
                walk.close()
            passed, failed = passed + walk.passed, failed + walk.failed
    for name, steps in {"sdk": on_sdk.walk, "prism": on_prism.walk, "stack": on_stack.walk, "fleet": on_fleet.walk}.items():
        if arguments.only in (None, name):
            walked = steps(arguments.binary)
            passed, failed = passed + walked.passed, failed + walked.failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
