//! A witness must survive the way that a user takes with it: printed as a case, read back, run. And it must be a request
//! that somebody could make.

use rolecall_iam::arn::{ExternalId, FunctionArn, RoleArn};
use rolecall_iam::context::ContextValue;
use rolecall_iam::evaluate::Request;
use rolecall_iam::principal::Principal;
use rolecall_iam::simulate;
use serde_json::{Value, json};

use super::asked::statements;

/// What an action acts upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Role,
    User,
    Policy,
    Function,
    Bucket,
    Object,
    Secret,
    Key,
    Parameter,
    Table,
    LogGroup,
    Instance,
    Queue,
    Topic,
    StateMachine,
    Repository,
    Database,
    Alarm,
    EventBus,
    Stack,
    Trail,
    /// The action has no resource.
    Nothing,
}

/// Actions that AWS has, with what they act upon (Service Authorization Reference).
pub(super) const ACTIONS: [(&str, Target); 76] = [
    ("lambda:InvokeFunction", Target::Function),
    ("lambda:InvokeFunctionUrl", Target::Function),
    ("lambda:InvokeAsync", Target::Function),
    ("lambda:GetFunction", Target::Function),
    ("lambda:GetFunctionConfiguration", Target::Function),
    ("lambda:UpdateFunctionCode", Target::Function),
    ("lambda:UpdateFunctionConfiguration", Target::Function),
    ("lambda:CreateFunction", Target::Function),
    ("lambda:DeleteFunction", Target::Function),
    ("lambda:AddPermission", Target::Function),
    ("lambda:RemovePermission", Target::Function),
    ("lambda:GetPolicy", Target::Function),
    ("lambda:PublishVersion", Target::Function),
    ("lambda:CreateAlias", Target::Function),
    ("lambda:ListTags", Target::Function),
    ("lambda:TagResource", Target::Function),
    ("lambda:ListFunctions", Target::Nothing),
    ("iam:PassRole", Target::Role),
    ("iam:GetRole", Target::Role),
    ("iam:AttachRolePolicy", Target::Role),
    ("iam:PutRolePolicy", Target::Role),
    ("iam:UpdateAssumeRolePolicy", Target::Role),
    ("iam:CreateRole", Target::Role),
    ("iam:DeleteRole", Target::Role),
    ("iam:ListRolePolicies", Target::Role),
    ("iam:CreateUser", Target::User),
    ("iam:CreateAccessKey", Target::User),
    ("iam:CreatePolicyVersion", Target::Policy),
    ("sts:AssumeRole", Target::Role),
    ("sts:TagSession", Target::Role),
    ("sts:GetCallerIdentity", Target::Nothing),
    ("s3:GetObject", Target::Object),
    ("s3:PutObject", Target::Object),
    ("s3:DeleteObject", Target::Object),
    ("s3:ListBucket", Target::Bucket),
    ("s3:GetBucketPolicy", Target::Bucket),
    ("s3:ListAllMyBuckets", Target::Nothing),
    ("secretsmanager:GetSecretValue", Target::Secret),
    ("kms:Decrypt", Target::Key),
    ("ssm:GetParameter", Target::Parameter),
    ("dynamodb:GetItem", Target::Table),
    ("ec2:RunInstances", Target::Instance),
    ("ec2:DescribeInstances", Target::Nothing),
    ("logs:CreateLogGroup", Target::LogGroup),
    ("logs:PutLogEvents", Target::LogGroup),
    ("logs:DescribeLogGroups", Target::LogGroup),
    ("iam:SetDefaultPolicyVersion", Target::Policy),
    ("iam:CreateLoginProfile", Target::User),
    ("iam:AttachUserPolicy", Target::User),
    ("iam:CreatePolicy", Target::Policy),
    ("iam:DeletePolicy", Target::Policy),
    ("iam:GetPolicy", Target::Policy),
    ("iam:GetUser", Target::User),
    ("iam:ListRoles", Target::Nothing),
    ("iam:GetAccountSummary", Target::Nothing),
    ("sts:SetSourceIdentity", Target::Role),
    ("secretsmanager:PutSecretValue", Target::Secret),
    ("kms:Encrypt", Target::Key),
    ("ssm:PutParameter", Target::Parameter),
    ("s3:PutBucketPolicy", Target::Bucket),
    ("dynamodb:PutItem", Target::Table),
    ("sqs:SendMessage", Target::Queue),
    ("sqs:ReceiveMessage", Target::Queue),
    ("sns:Publish", Target::Topic),
    ("states:StartExecution", Target::StateMachine),
    ("events:PutEvents", Target::EventBus),
    ("ec2:TerminateInstances", Target::Instance),
    ("ecr:BatchGetImage", Target::Repository),
    ("ecr:GetAuthorizationToken", Target::Nothing),
    ("rds:DeleteDBInstance", Target::Database),
    ("cloudformation:CreateStack", Target::Stack),
    ("cloudformation:DescribeStacks", Target::Stack),
    ("cloudtrail:StopLogging", Target::Trail),
    ("cloudwatch:PutMetricAlarm", Target::Alarm),
    ("cloudwatch:PutMetricData", Target::Nothing),
    ("organizations:DescribeOrganization", Target::Nothing),
];

const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

impl Target {
    /// Whether an ARN is one of this kind.
    pub(super) fn is(self, resource: &str) -> bool {
        if self == Self::Nothing {
            return resource == "*";
        }
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, rest] = parts.as_slice() else { return false };
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let is_region = region.parse::<rolecall_iam::arn::Region>().is_ok();
        let in_region = |wanted: &str, start: &str| {
            *service == wanted
                && is_region
                && is_account
                && rest.strip_prefix(start).is_some_and(|name| !name.is_empty())
        };
        let global = |start: &str| {
            *service == "iam"
                && region.is_empty()
                && is_account
                && rest.strip_prefix(start).is_some_and(|name| !name.is_empty() && !name.ends_with('/'))
        };
        let bucket = |name: &str| {
            (3..=63).contains(&name.len())
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
        };
        let s3 = *service == "s3" && region.is_empty() && account.is_empty();
        PARTITIONS.contains(partition)
            && match self {
                Self::Role => resource.parse::<RoleArn>().is_ok(),
                Self::User => global("user/"),
                Self::Policy => global("policy/"),
                Self::Function => resource.parse::<FunctionArn>().is_ok(),
                Self::Bucket => s3 && bucket(rest),
                Self::Object => {
                    s3 && rest.split_once('/').is_some_and(|(name, key)| bucket(name) && !key.is_empty())
                }
                Self::Secret => in_region("secretsmanager", "secret:"),
                Self::Key => in_region("kms", "key/"),
                Self::Parameter => in_region("ssm", "parameter/"),
                Self::Table => in_region("dynamodb", "table/"),
                Self::LogGroup => in_region("logs", "log-group:"),
                Self::Instance => in_region("ec2", "instance/") || *service == "ec2" && is_region,
                Self::Nothing => false,
                Self::Queue => in_region("sqs", ""),
                Self::Topic => in_region("sns", ""),
                Self::StateMachine => in_region("states", "stateMachine:"),
                Self::Repository => in_region("ecr", "repository/"),
                Self::Database => in_region("rds", "db:"),
                Self::Alarm => in_region("cloudwatch", "alarm:"),
                Self::EventBus => in_region("events", "event-bus/"),
                Self::Stack => in_region("cloudformation", "stack/"),
                Self::Trail => in_region("cloudtrail", "trail/"),
            }
    }

    pub(super) fn examples(self) -> &'static [&'static str] {
        match self {
            Self::Role => {
                &["arn:aws:iam::111122223333:role/admin", "arn:aws:iam::111122223333:role/a:b/admin"]
            }
            Self::User => &["arn:aws:iam::111122223333:user/ada"],
            Self::Policy => &["arn:aws:iam::111122223333:policy/wide"],
            Self::Function => &[
                "arn:aws:lambda:us-east-1:111122223333:function:payments",
                "arn:aws:lambda:us-east-1:111122223333:function:orders:prod",
                "arn:aws:lambda:us-east-1:111122223333:function:orders:$LATEST",
                "arn:aws:lambda:us-east-1:111122223333:function:stock",
                "arn:aws:lambda:us-east-1:111122223333:function:stock:1",
                "arn:aws:lambda:us-east-1:111122223333:function:order_",
                "arn:aws:lambda:eu-west-1:111122223333:function:orders",
                "arn:aws:lambda:us-east-1:444455556666:function:stock:live",
                "arn:aws-cn:lambda:cn-north-1:111122223333:function:orders",
                "arn:aws:lambda:us-east-1:111122223333:function:core",
                "arn:aws:lambda:us-east-1:111122223333:function:x:live",
                "arn:aws:lambda:us-east-1:111122223333:function:x:orders",
            ],
            Self::Bucket => &["arn:aws:s3:::some-bucket"],
            Self::Object => {
                &["arn:aws:s3:::some-bucket/key", "arn:aws:s3:::some-bucket/a:b:c:function:orders"]
            }
            Self::Secret => &["arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf"],
            Self::Key => &["arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
            Self::Parameter => &["arn:aws:ssm:us-east-1:111122223333:parameter/db"],
            Self::Table => &["arn:aws:dynamodb:us-east-1:111122223333:table/t"],
            Self::LogGroup => &["arn:aws:logs:us-east-1:111122223333:log-group:g"],
            Self::Instance => &["arn:aws:ec2:us-east-1:111122223333:instance/i-0123456789abcdef0"],
            Self::Nothing => &["*"],
            Self::Queue => &["arn:aws:sqs:us-east-1:111122223333:x"],
            Self::Topic => &["arn:aws:sns:us-east-1:111122223333:x"],
            Self::StateMachine => &["arn:aws:states:us-east-1:111122223333:stateMachine:x"],
            Self::Repository => &["arn:aws:ecr:us-east-1:111122223333:repository/x"],
            Self::Database => &["arn:aws:rds:us-east-1:111122223333:db:x"],
            Self::Alarm => &["arn:aws:cloudwatch:us-east-1:111122223333:alarm:x"],
            Self::EventBus => &["arn:aws:events:us-east-1:111122223333:event-bus/x"],
            Self::Stack => &["arn:aws:cloudformation:us-east-1:111122223333:stack/x"],
            Self::Trail => &["arn:aws:cloudtrail:us-east-1:111122223333:trail/x"],
        }
    }
}

/// Why action and resource of a witness do not go together; names that the documents write out are taken as they are.
fn mismatch(request: &Request, documents: &[&Value]) -> Option<String> {
    let Request { action, resource, .. } = request;
    let known = ACTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(action));
    let names: Vec<String> = documents
        .iter()
        .flat_map(|document| statements(document))
        .flat_map(|statement| [statement.actions, statement.resources].concat())
        .collect();
    let written = |text: &str| names.iter().any(|name| name.eq_ignore_ascii_case(text));
    match known {
        Some((_, target)) if target.is(resource) => None,
        Some((name, target)) => Some(format!("`{name}` acts on {target:?}, not on `{resource}`")),
        None if written(action) => None,
        None => Some(format!("AWS has no action `{action}`, or this table lacks it")),
    }
}

/// Why nobody could make the request: who calls, and what follows from that.
fn impossible(request: &Request) -> Option<String> {
    let stated = |key: &str| match request.context.get(&key.into()) {
        Some(ContextValue::One(value)) => Some(value.as_str()),
        _ => None,
    };
    let caller = &request.principal;
    let userid = stated("aws:userid");
    let wrong = match caller {
        Principal::User { .. } => userid.is_some_and(|id| !id.starts_with("AIDA") || id.contains(':')),
        Principal::RoleSession { session, .. } => userid.is_some_and(|id| {
            id.split_once(':').is_none_or(|(id, name)| !id.starts_with("AROA") || name != session.as_str())
        }),
        Principal::Service(_) | Principal::WebIdentity(_) | Principal::Saml(_) => false,
        Principal::Root { .. }
        | Principal::Role(_)
        | Principal::FederatedUser { .. }
        | Principal::Anonymous => {
            return Some(format!("nobody calls as `{caller}`"));
        }
    };
    if wrong {
        return Some(format!("`{caller}` does not have the user id `{}`", userid.unwrap_or_default()));
    }
    if let (Some(account), Some(stated)) = (caller.account(), stated("aws:PrincipalAccount"))
        && account.as_str() != stated
    {
        return Some(format!("`{caller}` is not of the account `{stated}`"));
    }
    if let (Principal::RoleSession { account, role, .. }, Some(arn)) = (caller, stated("aws:PrincipalArn")) {
        let same = arn.parse::<RoleArn>().is_ok_and(|arn| arn.account == *account && arn.name == *role);
        if !same {
            return Some(format!("`{caller}` is no session of `{arn}`"));
        }
    }
    let token = matches!(caller, Principal::WebIdentity(_) | Principal::Saml(_));
    match stated("sts:ExternalId") {
        Some(id) if token => Some(format!("a call with a token passes no external ID such as `{id}`")),
        Some(id) if request.action == "sts:AssumeRole" && id.parse::<ExternalId>().is_err() => {
            Some(format!("STS refuses the external ID `{id}`"))
        }
        _ => None,
    }
}

/// The request as a case of `simulate`.
pub(super) fn case(request: &Request, policies: &Value, expected: &str) -> Value {
    let mut context = json!({});
    for (key, value) in request.context.iter() {
        context[key.written()] = match value {
            ContextValue::Absent => Value::Null,
            ContextValue::One(value) => json!(value),
            ContextValue::Many(values) => json!(values),
        };
    }
    let mut case = json!({
        "name": "a witness",
        "request": {
            "principal": request.principal.to_string(),
            "action": request.action,
            "resource": {"resource": request.resource},
            "context": context,
        },
        "expected": {"response": expected},
    });
    for (key, value) in policies.as_object().unwrap() {
        case[key] = value.clone();
    }
    case
}

/// Why a witness does not survive: it cannot be read back, or the answer is another one.
pub(super) fn fault(
    request: &Request,
    policies: &Value,
    allowed: bool,
    documents: &[&Value],
) -> Option<String> {
    if let Some(why) = impossible(request) {
        return Some(why);
    }
    let case = case(request, policies, "Allowed");
    let cases = match simulate::parse(&json!([case]).to_string()) {
        Ok(cases) => cases,
        Err(errors) => return Some(format!("it cannot be read back: {errors}")),
    };
    let outcome = cases[0].run();
    let response = outcome.response.as_str();
    if (response == "Allowed") != allowed {
        return Some(format!("read back, the answer is {response}: {}", outcome.reason));
    }
    if request.action.starts_with("sts:") && request.resource.parse::<RoleArn>().is_ok() {
        return None;
    }
    mismatch(request, documents)
}

pub(super) fn anything() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
}
