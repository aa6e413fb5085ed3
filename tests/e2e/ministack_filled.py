"""MiniStack, with the gaps of its Step Functions filled, so that the state machines of `examples/step-functions` run as they are.

- `aws-sdk:s3:getObject`: "not yet implemented in MiniStack". In AWS, the text of the object is the `Body` of the result.
- `ResultWriter` of a Distributed Map: MiniStack ignores it, and gives the results of the map as its output. AWS writes them to
  the bucket and gives `MapRunArn` and `ResultWriterDetails` (Step Functions Developer Guide, "ResultWriter (Map)": the names of
  the files, `manifest.json` and the fields of each result).
- `aws-sdk:organizations:listAccounts`: not among its integrations. The accounts are those of the variable E2E_ACCOUNTS, in pages of
  20 as in AWS (Organizations API Reference, ListAccounts); the last one is suspended.
- `Items` and `ItemSelector` of a Distributed Map in JSONata: it reads those of JSONPath only.

All else is MiniStack's. This file runs in its process, in the place of its command."""

import json
import os
import sys

from ministack.app import main
from ministack.services import s3, stepfunctions

invoke, distribute = stepfunctions._invoke_aws_sdk_integration, stepfunctions._run_distributed_map
FIELDS = ("Cause", "Error", "ExecutionArn", "Input", "Name", "Output", "StateMachineArn", "Status")


PAGE = 20


def listed(parameters):
    """A page of the organization's accounts."""
    known, start = os.environ["E2E_ACCOUNTS"].split(","), int(parameters.get("NextToken", "0"))
    accounts = [{"Id": account, "State": "ACTIVE", "Status": "ACTIVE"} for account in known]
    accounts[-1] |= {"State": "SUSPENDED", "Status": "SUSPENDED"}
    more = {"NextToken": str(start + PAGE)} if start + PAGE < len(accounts) else {}
    return {"Accounts": accounts[start : start + PAGE], **more}


def invoked(resource, parameters):
    if resource.endswith(":aws-sdk:organizations:listAccounts"):
        return listed(parameters)
    if not resource.endswith(":aws-sdk:s3:getObject"):
        return invoke(resource, parameters)
    status, _, body = s3._get_object(parameters["Bucket"], parameters["Key"], {}, {})
    if status != 200:
        raise stepfunctions._ExecutionError("S3.NoSuchKeyException", "The specified key does not exist.")
    return {"Body": body.decode()}


def selected(state, given, context):
    """The input of each child, of a map in JSONata."""
    evaluate = stepfunctions._apply_jsonata_template
    for index, value in enumerate(evaluate(state["Items"], given, context)):
        yield evaluate(state["ItemSelector"], given, {**context, "Map": {"Item": {"Index": index, "Value": value}}})


def distributed(state, given, effective, iterator, execution, context):
    if "Items" in state:
        effective = list(selected(state, given, context))
        state = {key: value for key, value in state.items() if key not in ("Items", "ItemSelector")}
    output, following = distribute(state, given, effective, iterator, execution, context)
    if "ResultWriter" not in state:
        return output, following
    writer = state["ResultWriter"]
    place = writer["Arguments"] if "Arguments" in writer else writer["Parameters"]
    [arn] = [arn for arn, run in stepfunctions._map_runs.items() if run["executionArn"] == execution["executionArn"]]
    children = [child for child in stepfunctions._executions.values() if child.get("mapRunArn") == arn]
    folder = f"{place['Prefix']}/{arn.rsplit(':', 1)[1]}"
    files = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for status in ("FAILED", "SUCCEEDED"):
        results = [result(child) for child in children if child["status"] == status]
        if results:
            files[status].append(written(place["Bucket"], f"{folder}/{status}_0.json", results))
    manifest = {"DestinationBucket": place["Bucket"], "MapRunArn": arn, "ResultFiles": files}
    key = written(place["Bucket"], f"{folder}/manifest.json", manifest)["Key"]
    return {"MapRunArn": arn, "ResultWriterDetails": {"Bucket": place["Bucket"], "Key": key}}, following


def result(child):
    named = {name[0].upper() + name[1:]: value for name, value in child.items()}
    return {field: named[field] for field in FIELDS if named.get(field) is not None}


def written(bucket, key, document):
    body = json.dumps(document).encode()
    s3._put_object(bucket, key, body, {})
    return {"Key": key, "Size": len(body)}


stepfunctions._invoke_aws_sdk_integration = invoked
stepfunctions._run_distributed_map = distributed
sys.exit(main())
