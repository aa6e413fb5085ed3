"""MiniStack, with two gaps of its Step Functions filled, so that the state machine of `examples/step-functions` runs as it is.

- `aws-sdk:s3:getObject`: "not yet implemented in MiniStack". In AWS, the text of the object is the `Body` of the result.
- `ResultWriter` of a Distributed Map: MiniStack ignores it, and gives the results of the map as its output. AWS writes them to
  the bucket and gives `MapRunArn` and `ResultWriterDetails` (Step Functions Developer Guide, "ResultWriter (Map)": the names of
  the files, `manifest.json` and the fields of each result).

All else is MiniStack's. This file runs in its process, in the place of its command."""

import json
import sys

from ministack.app import main
from ministack.services import s3, stepfunctions

invoke, distribute = stepfunctions._invoke_aws_sdk_integration, stepfunctions._run_distributed_map
FIELDS = ("Cause", "Error", "ExecutionArn", "Input", "Name", "Output", "StateMachineArn", "Status")


def invoked(resource, parameters):
    if not resource.endswith(":aws-sdk:s3:getObject"):
        return invoke(resource, parameters)
    status, _, body = s3._get_object(parameters["Bucket"], parameters["Key"], {}, {})
    if status != 200:
        raise stepfunctions._ExecutionError("S3.NoSuchKeyException", "The specified key does not exist.")
    return {"Body": body.decode()}


def distributed(state, given, effective, iterator, execution, context):
    output, following = distribute(state, given, effective, iterator, execution, context)
    if "ResultWriter" not in state:
        return output, following
    place = state["ResultWriter"]["Parameters"]
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
