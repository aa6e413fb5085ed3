//! Telling actions on data: what a session reads, changes or makes run.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys". Deliberately absent: every other
//! action, and `secretsmanager:BatchGetSecretValue`, which needs `secretsmanager:GetSecretValue` upon each secret; a role that has none of these but something else has "other" permissions.

/// What an action does to data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// It reads.
    Read,
    /// It writes or deletes.
    Write,
    /// It makes something run or sends something.
    Act,
}

/// A telling action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Telling {
    /// The action.
    pub action: &'static str,
    /// What it does.
    pub does: Use,
    /// What it acts upon; `{partition}` and `{account}` are those of the role.
    pub on: &'static str,
    /// Another shape of what it acts upon.
    pub or_on: Option<&'static str>,
    /// What must be there besides, and a snapshot does not tell.
    pub beside: Option<&'static str>,
}

impl Telling {
    /// The service, as IAM writes it.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.action.split(':').next().unwrap_or_default()
    }
}

const fn reads(action: &'static str, on: &'static str) -> Telling {
    Telling { action, does: Use::Read, on, or_on: None, beside: None }
}

const fn writes(action: &'static str, on: &'static str) -> Telling {
    Telling { action, does: Use::Write, on, or_on: None, beside: None }
}

const fn acts(action: &'static str, on: &'static str) -> Telling {
    Telling { action, does: Use::Act, on, or_on: None, beside: None }
}

const fn object(does: Use, action: &'static str) -> Telling {
    Telling { action, does, on: OBJECT, or_on: Some(OF_ACCESS_POINT), beside: None }
}

/// "Unless the key policy explicitly allows it, you cannot use IAM policies to allow access" (KMS Developer Guide).
const fn key(does: Use, action: &'static str) -> Telling {
    let beside = Some("a key whose policy leaves the decision to the account");
    Telling { action, does, on: KEY, or_on: None, beside }
}

const OBJECT: &str = "arn:{partition}:s3:::???*/?*";
const OF_ACCESS_POINT: &str = "arn:{partition}:s3:?*-?*-?:{account}:accesspoint/?*/object/?*";
/// Indexes, too.
const TABLE: &str = "arn:{partition}:dynamodb:?*-?*-?:{account}:table/?*";
const SECRET: &str = "arn:{partition}:secretsmanager:?*-?*-?:{account}:secret:?*";
const PARAMETER: &str = "arn:{partition}:ssm:?*-?*-?:{account}:parameter/?*";
const KEY: &str = "arn:{partition}:kms:?*-?*-?:{account}:key/?*";
const QUEUE: &str = "arn:{partition}:sqs:?*-?*-?:{account}:?*";
const LOG: &str = "arn:{partition}:logs:?*-?*-?:{account}:log-group:?*";
const SNAPSHOT: &str = "arn:{partition}:ec2:?*-?*-?::snapshot/?*";
const REPOSITORY: &str = "arn:{partition}:ecr:?*-?*-?:{account}:repository/?*";
const FUNCTION: &str = "arn:{partition}:lambda:?*-?*-?:{account}:function:?*";
const INSTANCE: &str = "arn:{partition}:ec2:?*-?*-?:{account}:instance/?*";

/// The table, by service.
pub static TELLING: [Telling; 49] = [
    object(Use::Read, "s3:GetObject"),
    object(Use::Read, "s3:GetObjectVersion"),
    object(Use::Write, "s3:PutObject"),
    object(Use::Write, "s3:DeleteObject"),
    acts("s3:PutBucketPolicy", "arn:{partition}:s3:::???*"),
    reads("dynamodb:GetItem", TABLE),
    reads("dynamodb:BatchGetItem", TABLE),
    reads("dynamodb:Query", TABLE),
    reads("dynamodb:Scan", TABLE),
    writes("dynamodb:PutItem", TABLE),
    writes("dynamodb:DeleteItem", TABLE),
    reads("secretsmanager:GetSecretValue", SECRET),
    writes("secretsmanager:PutSecretValue", SECRET),
    reads("ssm:GetParameter", PARAMETER),
    reads("ssm:GetParameters", PARAMETER),
    reads("ssm:GetParametersByPath", PARAMETER),
    writes("ssm:PutParameter", PARAMETER),
    key(Use::Read, "kms:Decrypt"),
    key(Use::Act, "kms:CreateGrant"),
    key(Use::Act, "kms:PutKeyPolicy"),
    reads("rds-data:ExecuteStatement", "arn:{partition}:rds:?*-?*-?:{account}:cluster:?*"),
    acts("rds-db:connect", "arn:{partition}:rds-db:?*-?*-?:{account}:dbuser:?*/?*"),
    reads("redshift-data:ExecuteStatement", "arn:{partition}:redshift:?*-?*-?:{account}:cluster:?*"),
    reads("athena:StartQueryExecution", "arn:{partition}:athena:?*-?*-?:{account}:workgroup/?*"),
    reads("kinesis:GetRecords", "arn:{partition}:kinesis:?*-?*-?:{account}:stream/?*"),
    writes("kinesis:PutRecord", "arn:{partition}:kinesis:?*-?*-?:{account}:stream/?*"),
    reads("sqs:ReceiveMessage", QUEUE),
    writes("sqs:SendMessage", QUEUE),
    writes("sns:Publish", "arn:{partition}:sns:?*-?*-?:{account}:?*"),
    writes("events:PutEvents", "arn:{partition}:events:?*-?*-?:{account}:event-bus/?*"),
    acts("ses:SendEmail", "arn:{partition}:ses:?*-?*-?:{account}:identity/?*"),
    reads("logs:GetLogEvents", LOG),
    reads("logs:FilterLogEvents", LOG),
    reads("logs:StartQuery", LOG),
    reads("ecr:BatchGetImage", REPOSITORY),
    writes("ecr:PutImage", REPOSITORY),
    reads("ec2:CreateSnapshot", "arn:{partition}:ec2:?*-?*-?:{account}:volume/?*"),
    reads("ec2:ModifySnapshotAttribute", SNAPSHOT),
    reads("ebs:GetSnapshotBlock", SNAPSHOT),
    reads("rds:ModifyDBSnapshotAttribute", "arn:{partition}:rds:?*-?*-?:{account}:snapshot:?*"),
    reads("ec2:GetConsoleOutput", INSTANCE),
    acts("ec2:TerminateInstances", INSTANCE),
    reads(
        "elasticfilesystem:ClientMount",
        "arn:{partition}:elasticfilesystem:?*-?*-?:{account}:file-system/?*",
    ),
    reads("codecommit:GitPull", "arn:{partition}:codecommit:?*-?*-?:{account}:?*"),
    acts("lambda:InvokeFunction", FUNCTION),
    acts("lambda:InvokeFunctionUrl", FUNCTION),
    reads("lambda:GetFunction", FUNCTION),
    acts("states:StartExecution", "arn:{partition}:states:?*-?*-?:{account}:stateMachine:?*"),
    acts("bedrock:InvokeModel", "arn:{partition}:bedrock:?*-?*-?::foundation-model/?*"),
];
