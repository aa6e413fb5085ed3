//! Actions that AWS has, with what they act upon: witnesses are requests that somebody could make.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys". The table serves examples; what it
//! lacks is searched for all the same, and then the answer is "unknown", because no request of that kind can be shown.

use crate::arn::{FunctionArn, Partition, Region, RoleArn, split_arn};
use crate::pattern::{CharacterSet, Pattern, Token};

/// What an action acts upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
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
    Queue,
    Topic,
    LogGroup,
    Instance,
    StateMachine,
    Repository,
    Database,
    Alarm,
    EventBus,
    Stack,
    Trail,
    BotAlias,
    Lexicon,
    /// The action has no resource.
    Nothing,
}

/// The actions, worst first: those that give a session more power, then those that read or change.
pub(crate) const ACTIONS: [(&str, Target); 86] = [
    ("iam:PassRole", Target::Role),
    ("iam:CreatePolicyVersion", Target::Policy),
    ("iam:SetDefaultPolicyVersion", Target::Policy),
    ("iam:AttachRolePolicy", Target::Role),
    ("iam:PutRolePolicy", Target::Role),
    ("iam:UpdateAssumeRolePolicy", Target::Role),
    ("iam:CreateAccessKey", Target::User),
    ("iam:CreateLoginProfile", Target::User),
    ("iam:AttachUserPolicy", Target::User),
    ("iam:CreateUser", Target::User),
    ("iam:CreateRole", Target::Role),
    ("iam:DeleteRole", Target::Role),
    ("iam:CreatePolicy", Target::Policy),
    ("iam:DeletePolicy", Target::Policy),
    ("iam:GetRole", Target::Role),
    ("iam:ListRolePolicies", Target::Role),
    ("iam:GetPolicy", Target::Policy),
    ("iam:GetUser", Target::User),
    ("iam:ListRoles", Target::Nothing),
    ("iam:GetAccountSummary", Target::Nothing),
    ("sts:AssumeRole", Target::Role),
    ("sts:TagSession", Target::Role),
    ("sts:SetSourceIdentity", Target::Role),
    ("lambda:UpdateFunctionCode", Target::Function),
    ("lambda:AddPermission", Target::Function),
    ("lambda:CreateFunction", Target::Function),
    ("lambda:UpdateFunctionConfiguration", Target::Function),
    ("lambda:DeleteFunction", Target::Function),
    ("lambda:RemovePermission", Target::Function),
    ("lambda:InvokeFunctionUrl", Target::Function),
    ("lambda:InvokeAsync", Target::Function),
    ("lambda:GetFunction", Target::Function),
    ("lambda:GetFunctionConfiguration", Target::Function),
    ("lambda:GetPolicy", Target::Function),
    ("lambda:PublishVersion", Target::Function),
    ("lambda:CreateAlias", Target::Function),
    ("lambda:ListTags", Target::Function),
    ("lambda:TagResource", Target::Function),
    ("lambda:ListFunctions", Target::Nothing),
    ("secretsmanager:GetSecretValue", Target::Secret),
    ("secretsmanager:PutSecretValue", Target::Secret),
    ("kms:Decrypt", Target::Key),
    ("kms:Encrypt", Target::Key),
    ("ssm:GetParameter", Target::Parameter),
    ("ssm:PutParameter", Target::Parameter),
    ("s3:GetObject", Target::Object),
    ("s3:PutObject", Target::Object),
    ("s3:DeleteObject", Target::Object),
    ("s3:ListBucket", Target::Bucket),
    ("s3:GetBucketPolicy", Target::Bucket),
    ("s3:PutBucketPolicy", Target::Bucket),
    ("s3:ListAllMyBuckets", Target::Nothing),
    ("dynamodb:GetItem", Target::Table),
    ("dynamodb:PutItem", Target::Table),
    ("sqs:SendMessage", Target::Queue),
    ("sqs:ReceiveMessage", Target::Queue),
    ("sns:Publish", Target::Topic),
    ("states:StartExecution", Target::StateMachine),
    ("events:PutEvents", Target::EventBus),
    ("ec2:RunInstances", Target::Instance),
    ("ec2:TerminateInstances", Target::Instance),
    ("ec2:DescribeInstances", Target::Nothing),
    ("logs:CreateLogGroup", Target::LogGroup),
    ("logs:PutLogEvents", Target::LogGroup),
    ("logs:DescribeLogGroups", Target::LogGroup),
    ("ecr:BatchGetImage", Target::Repository),
    ("ecr:GetAuthorizationToken", Target::Nothing),
    ("rds:DeleteDBInstance", Target::Database),
    ("cloudformation:CreateStack", Target::Stack),
    ("cloudformation:DescribeStacks", Target::Stack),
    ("cloudtrail:StopLogging", Target::Trail),
    ("cloudwatch:PutMetricAlarm", Target::Alarm),
    ("cloudwatch:PutMetricData", Target::Nothing),
    ("organizations:DescribeOrganization", Target::Nothing),
    ("s3:PutObjectAcl", Target::Object),
    ("s3:PutObjectTagging", Target::Object),
    ("s3:GetBucketLocation", Target::Bucket),
    ("s3:GetEncryptionConfiguration", Target::Bucket),
    ("kms:GenerateDataKey", Target::Key),
    ("lex:RecognizeText", Target::BotAlias),
    ("lex:DeleteBotAlias", Target::BotAlias),
    ("polly:SynthesizeSpeech", Target::Lexicon),
    ("polly:DescribeVoices", Target::Nothing),
    ("lex:ListBots", Target::Nothing),
    ("lex:GetBots", Target::Nothing),
    ("lex:GetBotAliases", Target::Nothing),
];

/// The partitions that AWS documents (AWS General Reference, "ARN format"; partition metadata of the SDKs).
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];

/// All partitions, the commercial one first.
pub(super) fn partitions() -> impl Iterator<Item = Partition> {
    PARTITIONS.iter().filter_map(|partition| partition.parse().ok())
}

/// A region as it is shown where it can be chosen.
const LIKELY_REGIONS: [&str; 2] = ["us-east-1", "eu-central-1"];

impl Target {
    /// The service, and what the last part of the ARN begins with.
    fn form(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Role => ("iam", "role/"),
            Self::User => ("iam", "user/"),
            Self::Policy => ("iam", "policy/"),
            Self::Function => ("lambda", "function:"),
            Self::Bucket | Self::Object => ("s3", ""),
            Self::Secret => ("secretsmanager", "secret:"),
            Self::Key => ("kms", "key/"),
            Self::Parameter => ("ssm", "parameter/"),
            Self::Table => ("dynamodb", "table/"),
            Self::Queue => ("sqs", ""),
            Self::Topic => ("sns", ""),
            Self::LogGroup => ("logs", "log-group:"),
            Self::Instance => ("ec2", "instance/"),
            Self::StateMachine => ("states", "stateMachine:"),
            Self::Repository => ("ecr", "repository/"),
            Self::Database => ("rds", "db:"),
            Self::Alarm => ("cloudwatch", "alarm:"),
            Self::EventBus => ("events", "event-bus/"),
            Self::Stack => ("cloudformation", "stack/"),
            Self::Trail => ("cloudtrail", "trail/"),
            Self::BotAlias => ("lex", "bot-alias/"),
            Self::Lexicon => ("polly", "lexicon/"),
            Self::Nothing => return None,
        })
    }

    fn is_global(self) -> bool {
        matches!(self, Self::Role | Self::User | Self::Policy)
    }

    /// The resources of the kind, in a partition; of roles and functions in two shapes.
    pub(crate) fn shapes(self, partition: &Partition) -> Vec<Pattern> {
        let Some((service, begin)) = self.form() else { return vec![Pattern::literal("*")] };
        let head = Pattern::literal(&format!("arn:{partition}:{service}:"));
        if matches!(self, Self::Bucket | Self::Object) {
            let mut bucket = head;
            bucket.push_literal("::");
            repeat(&mut bucket, CharacterSet::Host, 3);
            if self == Self::Object {
                bucket.push_literal("/");
                repeat(&mut bucket, CharacterSet::Visible, 1);
            }
            return vec![bucket];
        }
        let mut plain = head;
        if !self.is_global() {
            repeat(&mut plain, CharacterSet::Label, 2);
        }
        plain.push_literal(":");
        (0..12).for_each(|_| plain.push(Token::One(CharacterSet::Digit)));
        plain.push_literal(&format!(":{begin}"));
        let mut further = plain.clone();
        match self {
            Self::Function => {
                repeat(&mut plain, CharacterSet::FunctionName, 1);
                further = plain.clone();
                further.push_literal(":");
                repeat(&mut further, CharacterSet::Qualifier, 1);
            }
            Self::Role | Self::User | Self::Policy => {
                repeat(&mut plain, CharacterSet::Name, 1);
                repeat(&mut further, CharacterSet::Visible, 1);
                further.push_literal("/");
                repeat(&mut further, CharacterSet::Name, 1);
            }
            _ => {
                repeat(&mut plain, CharacterSet::Visible, 1);
                return vec![plain];
            }
        }
        vec![plain, further]
    }

    /// The resources of the kind as a policy writes them; `None` where there are none.
    pub(crate) fn like(self, partition: &str) -> Option<String> {
        let (service, begin) = self.form()?;
        Some(match self {
            Self::Object => format!("arn:{partition}:{service}:::?*/?*"),
            Self::Bucket => format!("arn:{partition}:{service}:::?*"),
            _ if self.is_global() => format!("arn:{partition}:{service}::*:{begin}*"),
            _ => format!("arn:{partition}:{service}:*:*:{begin}*"),
        })
    }

    /// A resource of the kind that reads well.
    pub(crate) fn likely(self, partition: &Partition, account: &str) -> Vec<String> {
        let Some((service, begin)) = self.form() else { return Vec::new() };
        let name = match self {
            Self::Role => "another-role",
            Self::User => "another-user",
            Self::Policy => "another-policy",
            Self::Function => "another-function",
            Self::Bucket => "another-bucket",
            Self::Object => "another-bucket/object",
            Self::Instance => "i-0123456789abcdef0",
            _ => "another",
        };
        if matches!(self, Self::Bucket | Self::Object) {
            return vec![format!("arn:{partition}:{service}:::{name}")];
        }
        if self.is_global() {
            return vec![format!("arn:{partition}:{service}::{account}:{begin}{name}")];
        }
        LIKELY_REGIONS
            .iter()
            .map(|region| format!("arn:{partition}:{service}:{region}:{account}:{begin}{name}"))
            .collect()
    }

    /// Whether AWS would accept a text of the shape as the ARN of such a resource.
    pub(crate) fn accepts(self, resource: &str) -> bool {
        let in_region =
            || split_arn(resource).is_some_and(|[_, _, _, region, _, _]| region.parse::<Region>().is_ok());
        match self {
            Self::Role => resource.parse::<RoleArn>().is_ok(),
            Self::Function => resource.parse::<FunctionArn>().is_ok(),
            Self::User | Self::Policy | Self::Bucket | Self::Object | Self::Nothing => true,
            _ => in_region(),
        }
    }
}

fn repeat(pattern: &mut Pattern, set: CharacterSet, least: usize) {
    (0..least).for_each(|_| pattern.push(Token::One(set)));
    pattern.push(Token::Run(set));
}

/// An action as AWS writes it, with what it acts upon.
pub(crate) fn known(action: &str) -> Option<(&'static str, Target)> {
    ACTIONS.iter().copied().find(|(name, _)| name.eq_ignore_ascii_case(action))
}
