"""Stacks of CloudFormation on MiniStack: changes them, waits for their end, and looks into them."""

import json
import pathlib
import time

import botocore.exceptions

from walk import Mismatch, Steps

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
CUSTOMER = "111122223333"
STACK_SECONDS = 120
# The function's own stack, and the one that uses it.
PROVIDER, STACK = "rolecall", "orders"


class Stacks(Steps):
    """The steps on one MiniStack."""

    def __init__(self, emulator, name="stack"):
        super().__init__(name)
        self.emulator = emulator
        self.cloudformation, self.iam, self.logs = (emulator.client(it) for it in ("cloudformation", "iam", "logs"))

    def start(self, change, name, template, **parameters):
        """Asks for a change of a stack and waits for its end; the end, and the reason of every event that has one."""
        seen = {event["EventId"] for event in self.events(name)}
        change(
            StackName=name,
            TemplateBody=template,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        return self.end(name, seen)

    def create(self, name, template, **parameters):
        return self.start(self.cloudformation.create_stack, name, template, **parameters)

    def update(self, name, template, **parameters):
        return self.start(self.cloudformation.update_stack, name, template, **parameters)

    def delete(self, name):
        seen = {event["EventId"] for event in self.events(name)}
        identity = self.stack(name)["StackId"]
        self.cloudformation.delete_stack(StackName=name)
        return self.end(identity, seen)

    def end(self, name, seen):
        deadline = time.monotonic() + STACK_SECONDS
        while (status := self.stack(name)["StackStatus"]).endswith("_IN_PROGRESS"):
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        events = [event for event in self.events(name) if event["EventId"] not in seen]
        reasons = {event["LogicalResourceId"]: event.get("ResourceStatusReason", "") for event in events if "FAILED" in event["ResourceStatus"]}
        return status, reasons

    def stack(self, name):
        return self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]

    def events(self, name):
        try:
            pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
            return [event for page in pages for event in page["StackEvents"]]
        except botocore.exceptions.ClientError:
            return []

    def outputs(self, name):
        return {output["OutputKey"]: output["OutputValue"] for output in self.stack(name).get("Outputs", [])}

    def physical(self, name, logical):
        resource = self.cloudformation.describe_stack_resource(StackName=name, LogicalResourceId=logical)
        return resource["StackResourceDetail"]["PhysicalResourceId"]

    def function(self, name):
        """The ARN of the stack's own function."""
        return self.emulator.function_arn(self.physical(name, "Orders"))

    def roles(self):
        return {role["RoleName"] for role in self.iam.list_roles()["Roles"]}

    def check(self):
        """What the function answers to what the schedule sends."""
        schedule = self.emulator.client("scheduler").get_schedule(
            Name=self.physical(PROVIDER, "Check"), GroupName=self.physical(PROVIDER, "Group")
        )
        target = schedule["Target"]
        answer = self.emulator.client("lambda").invoke(FunctionName=target["Arn"], Payload=target["Input"])
        report = json.loads(answer["Payload"].read())
        if "exit_code" not in report:
            raise Mismatch(f"no report: {report}")
        return report

    def metrics(self):
        """The metrics of the last check, as CloudWatch takes them out of the log."""
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith('{"_aws"')]
        [definition] = lines[-1]["_aws"]["CloudWatchMetrics"]
        return {metric["Name"]: lines[-1][metric["Name"]] for metric in definition["Metrics"]}

    def log(self):
        """Everything that the function has logged."""
        group = self.outputs(PROVIDER)["LogGroup"]
        return "\n".join(event["message"] for event in self.logs.filter_log_events(logGroupName=group)["events"])
