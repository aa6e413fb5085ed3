//! Ways in which a session gets permissions that its role does not have, as data.
//!
//! Sources of the rows: Rhino Security Labs' list of escalation methods ("RH" and its number), the edges of PMapper
//! ("PM"), BishopFox's iam-vulnerable ("BF"), the constants of Cloudsplaining and pathfinding.cloud ("CS"), and the IAM
//! User Guide ("UG"). What an action acts upon: Service Authorization Reference.
//!
//! Rows that need a user as the caller are left out, see [`LEFT_OUT`].

pub(super) const ASSUME: &str = "sts:AssumeRole";
pub(super) const REWRITE: &str = "iam:CreatePolicyVersion";
pub(super) const POLICY_ARN: &str = "iam:policyarn";

/// What an action is asked upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum On {
    /// The role whose session it is.
    Itself,
    /// A customer-managed policy that is attached to the role.
    OwnPolicy,
    /// The role that is passed to the service of the row.
    PassedRole,
    /// Another role of the account.
    OtherRole,
    /// Something like this text. `{partition}` and `{account}` are those of the role. Needs of a row with the same text are
    /// asked upon the same thing.
    Like(&'static str),
    /// Nothing: the action has no resource.
    Nothing,
}

/// A permission that a row needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Need {
    /// One of these actions is enough.
    pub actions: &'static [&'static str],
    /// What it is asked upon.
    pub on: On,
}

/// Whose permissions a row gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gives {
    /// The role's own permissions become whatever its boundary leaves: a policy is attached.
    OwnAttached,
    /// The same: an inline policy is written, and replaces others of its name.
    OwnInline,
    /// The same: the policy that is asked upon gets another document.
    OwnVersion,
    /// Another version of the policy that is asked upon.
    OtherVersion,
    /// The role without its boundary.
    Unbounded,
    /// A new principal that is an administrator.
    NewAdministrator,
    /// Those of a role that is passed to this service.
    Passed(&'static str),
    /// Those of a role that is already behind something that this service runs.
    RunBy(&'static str),
    /// Those of a role whose trust policy is rewritten to let this role in.
    TrustRewritten,
    /// Those of a role that lets this role in.
    Assumed,
    /// Those of a role that is entered as [`Entry::way_in`] tells, and whose own permissions become whatever its boundary
    /// leaves.
    AssumedAndWidened,
    /// Those of a user.
    User,
}

/// How a row gets into another role of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// The role lets this role in.
    Assumed,
    /// Its trust policy is rewritten.
    TrustRewritten,
    /// This service runs with it already.
    RunBy(&'static str),
}

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// What is done, in a few words.
    pub name: &'static str,
    /// All that is needed.
    pub needs: &'static [Need],
    /// Whose permissions that gives.
    pub gives: Gives,
    /// What must be there besides, and a snapshot does not tell.
    pub beside: Option<&'static str>,
    /// Where the row comes from.
    pub source: &'static str,
}

/// Rows of the sources that are no rows here, and why.
pub const LEFT_OUT: [(&str, &str); 2] = [
    (
        "iam:AddUserToGroup, iam:AttachGroupPolicy, iam:PutGroupPolicy, iam:AttachUserPolicy, iam:PutUserPolicy alone",
        "the caller must be a user, or get the keys of one: see the rows for users",
    ),
    (
        "ec2:CreateLaunchTemplateVersion + ec2:ModifyLaunchTemplate",
        "who launches from the template is not told by policies",
    ),
];

const FUNCTION: On = On::Like("arn:{partition}:lambda:?*-?*-?:{account}:function:?*");
const INSTANCE: On = On::Like("arn:{partition}:ec2:?*-?*-?:{account}:instance/?*");
const STACK: On = On::Like("arn:{partition}:cloudformation:?*-?*-?:{account}:stack/?*");
const STACK_SET: On = On::Like("arn:{partition}:cloudformation:?*-?*-?:{account}:stackset/?*");
const USER: On = On::Like("arn:{partition}:iam::{account}:user/?*");
const GROUP: On = On::Like("arn:{partition}:iam::{account}:group/?*");
const ROLE: On = On::Like("arn:{partition}:iam::{account}:role/?*");
const BUILD: On = On::Like("arn:{partition}:codebuild:?*-?*-?:{account}:project/?*");
const TASK: On = On::Like("arn:{partition}:ecs:?*-?*-?:{account}:task-definition/?*");
const JOB: On = On::Like("arn:{partition}:glue:?*-?*-?:{account}:job/?*");
const ENDPOINT: On = On::Like("arn:{partition}:glue:?*-?*-?:{account}:devEndpoint/?*");
const NOTEBOOK: On = On::Like("arn:{partition}:sagemaker:?*-?*-?:{account}:notebook-instance/?*");
const INTERPRETER: On =
    On::Like("arn:{partition}:bedrock-agentcore:?*-?*-?:{account}:code-interpreter-custom/?*");

const fn need(actions: &'static [&'static str], on: On) -> Need {
    Need { actions, on }
}

const PASS: Need = need(&["iam:PassRole"], On::PassedRole);
/// The last is asked upon the customer-managed policies of the role.
const WIDEN: Need =
    need(&["iam:AttachRolePolicy", "iam:PutRolePolicy", "iam:CreatePolicyVersion"], On::OtherRole);

const fn row(name: &'static str, needs: &'static [Need], gives: Gives, source: &'static str) -> Entry {
    Entry { name, needs, gives, beside: None, source }
}

impl Entry {
    const fn if_there_is(self, beside: &'static str) -> Self {
        Self { beside: Some(beside), ..self }
    }

    /// The need that gives another role more permissions.
    #[must_use]
    pub fn widening(&self) -> Option<&'static Need> {
        self.needs.iter().find(|need| **need == WIDEN)
    }

    /// How the row gets into another role of the snapshot.
    #[must_use]
    pub fn way_in(&self) -> WayIn {
        let needs = |action: &str| self.needs.iter().any(|need| need.actions.contains(&action));
        if needs("iam:UpdateAssumeRolePolicy") {
            WayIn::TrustRewritten
        } else if needs("lambda:UpdateFunctionCode") {
            WayIn::RunBy("lambda")
        } else {
            WayIn::Assumed
        }
    }

    /// The service to which the row passes a role.
    #[must_use]
    pub fn passes_to(&self) -> Option<&'static str> {
        match self.gives {
            Gives::Passed(service) => Some(service),
            Gives::OwnAttached
            | Gives::OwnInline
            | Gives::OwnVersion
            | Gives::OtherVersion
            | Gives::Unbounded
            | Gives::NewAdministrator
            | Gives::RunBy(_)
            | Gives::TrustRewritten
            | Gives::Assumed
            | Gives::AssumedAndWidened
            | Gives::User => None,
        }
    }
}

/// Everything that a launch of an instance is asked upon (Service Authorization Reference, Amazon EC2, `RunInstances`).
const LAUNCH: &[Need] = &[
    PASS,
    need(&["ec2:RunInstances"], INSTANCE),
    need(&["ec2:RunInstances"], On::Like("arn:{partition}:ec2:?*-?*-?::image/?*")),
    need(&["ec2:RunInstances"], On::Like("arn:{partition}:ec2:?*-?*-?:{account}:network-interface/?*")),
    need(&["ec2:RunInstances"], On::Like("arn:{partition}:ec2:?*-?*-?:{account}:security-group/?*")),
    need(&["ec2:RunInstances"], On::Like("arn:{partition}:ec2:?*-?*-?:{account}:subnet/?*")),
    need(&["ec2:RunInstances"], On::Like("arn:{partition}:ec2:?*-?*-?:{account}:volume/?*")),
];

/// The rows, those first that need least.
pub static CATALOGUE: [Entry; 61] = [
    row("attach a policy to itself", &[need(&["iam:AttachRolePolicy"], On::Itself)], Gives::OwnAttached, "RH9"),
    row("write an inline policy for itself", &[need(&["iam:PutRolePolicy"], On::Itself)], Gives::OwnInline, "RH12"),
    row("rewrite its own policy", &[need(&["iam:CreatePolicyVersion"], On::OwnPolicy)], Gives::OwnVersion, "RH1"),
    row("switch its own policy to another version", &[need(&["iam:SetDefaultPolicyVersion"], On::OwnPolicy)], Gives::OtherVersion, "RH2")
        .if_there_is("a version of the policy that allows more"),
    row("remove its own boundary", &[need(&["iam:DeleteRolePermissionsBoundary"], On::Itself)], Gives::Unbounded, "UG"),
    row("replace its own boundary", &[need(&["iam:PutRolePermissionsBoundary"], On::Itself)], Gives::Unbounded, "UG"),
    row("make a role and attach a policy", &[need(&["iam:CreateRole"], ROLE), need(&["iam:AttachRolePolicy", "iam:PutRolePolicy"], ROLE)], Gives::NewAdministrator, "UG"),
    row("make a user with keys and attach a policy", &[need(&["iam:CreateUser"], USER), need(&["iam:AttachUserPolicy", "iam:PutUserPolicy"], USER), need(&["iam:CreateAccessKey"], USER)], Gives::NewAdministrator, "UG"),
    row("make a user with a password and attach a policy", &[need(&["iam:CreateUser"], USER), need(&["iam:AttachUserPolicy", "iam:PutUserPolicy"], USER), need(&["iam:CreateLoginProfile"], USER)], Gives::NewAdministrator, "UG"),
    row("widen a group and make keys for a user of it", &[need(&["iam:AttachGroupPolicy", "iam:PutGroupPolicy"], GROUP), need(&["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"], USER)], Gives::NewAdministrator, "RH8, RH11")
        .if_there_is("such a group with a user, without a boundary"),
    row("add a user to a widened group and make keys for it", &[need(&["iam:AttachGroupPolicy", "iam:PutGroupPolicy"], GROUP), need(&["iam:AddUserToGroup"], GROUP), need(&["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"], USER)], Gives::NewAdministrator, "RH8, RH11, RH13")
        .if_there_is("such a group and such a user, without a boundary"),
    row("add a user to a group and make keys for it", &[need(&["iam:AddUserToGroup"], GROUP), need(&["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"], USER)], Gives::User, "RH13")
        .if_there_is("such a user, and a group that allows more"),
    row("widen a user and make keys for it", &[need(&["iam:AttachUserPolicy", "iam:PutUserPolicy"], USER), need(&["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"], USER)], Gives::NewAdministrator, "RH7, RH10")
        .if_there_is("such a user, without a boundary"),
    row("assume a role", &[need(&["sts:AssumeRole"], On::OtherRole)], Gives::Assumed, "BF, PM"),
    row("rewrite the trust of a role and assume it", &[need(&["iam:UpdateAssumeRolePolicy"], On::OtherRole)], Gives::TrustRewritten, "RH14, PM"),
    row("widen a role that it can assume", &[WIDEN], Gives::AssumedAndWidened, "CS"),
    row("rewrite the trust of a role, widen it and assume it", &[need(&["iam:UpdateAssumeRolePolicy"], On::OtherRole), WIDEN], Gives::AssumedAndWidened, "CS"),
    row("widen the role of a function and change its code", &[WIDEN, need(&["lambda:UpdateFunctionCode"], FUNCTION)], Gives::AssumedAndWidened, "RH9, RH12, RH18")
        .if_there_is("such a function with this execution role, which somebody invokes"),
    row("make keys for a user", &[need(&["iam:CreateAccessKey"], USER)], Gives::User, "RH4, PM")
        .if_there_is("a user with fewer than two keys"),
    row("make a password for a user", &[need(&["iam:CreateLoginProfile"], USER)], Gives::User, "RH5")
        .if_there_is("a user without a password"),
    row("change the password of a user", &[need(&["iam:UpdateLoginProfile"], USER)], Gives::User, "RH6")
        .if_there_is("a user with a password and without multi-factor authentication"),
    row("pass a role to a new function and invoke it", &[PASS, need(&["lambda:CreateFunction"], FUNCTION), need(&["lambda:InvokeFunction"], FUNCTION)], Gives::Passed("lambda"), "RH15"),
    row("widen a role, pass it to a new function and invoke it", &[WIDEN, PASS, need(&["lambda:CreateFunction"], FUNCTION), need(&["lambda:InvokeFunction"], FUNCTION)], Gives::Passed("lambda"), "RH9, RH12, RH15"),
    row("pass a role to a new function and let others invoke it", &[PASS, need(&["lambda:CreateFunction"], FUNCTION), need(&["lambda:AddPermission"], FUNCTION)], Gives::Passed("lambda"), "RH16"),
    row("pass a role to a new function with an event source", &[PASS, need(&["lambda:CreateFunction"], FUNCTION), need(&["lambda:CreateEventSourceMapping"], On::Like("arn:{partition}:lambda:?*-?*-?:{account}:event-source-mapping:?*"))], Gives::Passed("lambda"), "RH17")
        .if_there_is("an event source, and the role may read it"),
    row("change the code of a function", &[need(&["lambda:UpdateFunctionCode"], FUNCTION)], Gives::RunBy("lambda"), "RH18")
        .if_there_is("such a function with this execution role, which somebody invokes"),
    row("change the layers of a function", &[need(&["lambda:UpdateFunctionConfiguration"], FUNCTION)], Gives::RunBy("lambda"), "PM")
        .if_there_is("such a function with this execution role, which somebody invokes"),
    row("pass a role to a new instance", LAUNCH, Gives::Passed("ec2"), "RH3, BF")
        .if_there_is("an instance profile with this role, an image and a network"),
    row("pass a role to a spot instance", &[PASS, need(&["ec2:RequestSpotInstances"], On::Like("arn:{partition}:ec2:?*-?*-?:{account}:spot-instances-request/?*"))], Gives::Passed("ec2"), "CS")
        .if_there_is("an instance profile with this role, an image and a network"),
    row("pass a role to a running instance", &[PASS, need(&["ec2:AssociateIamInstanceProfile"], INSTANCE)], Gives::Passed("ec2"), "PM")
        .if_there_is("an instance profile with this role, and access to an instance"),
    row("pass a role to new instances of a group", &[PASS, need(&["autoscaling:CreateLaunchConfiguration"], On::Like("arn:{partition}:autoscaling:?*-?*-?:{account}:launchConfiguration:?*:launchConfigurationName/?*")), need(&["autoscaling:CreateAutoScalingGroup"], On::Like("arn:{partition}:autoscaling:?*-?*-?:{account}:autoScalingGroup:?*:autoScalingGroupName/?*"))], Gives::Passed("ec2"), "PM")
        .if_there_is("an instance profile with this role, and launch configurations in this account"),
    row("change the start of an instance", &[need(&["ec2:ModifyInstanceAttribute"], INSTANCE), need(&["ec2:StopInstances"], INSTANCE), need(&["ec2:StartInstances"], INSTANCE)], Gives::RunBy("ec2"), "CS")
        .if_there_is("such an instance with this role"),
    row("run commands on an instance", &[need(&["ssm:SendCommand"], INSTANCE), need(&["ssm:SendCommand"], On::Like("arn:{partition}:ssm:?*-?*-?:*:document/?*"))], Gives::RunBy("ec2"), "BF")
        .if_there_is("such an instance with this role, and it is managed by Systems Manager"),
    row("open a shell on an instance", &[need(&["ssm:StartSession"], INSTANCE)], Gives::RunBy("ec2"), "BF")
        .if_there_is("such an instance with this role, and it is managed by Systems Manager"),
    row("send an SSH key to an instance", &[need(&["ec2-instance-connect:SendSSHPublicKey"], INSTANCE)], Gives::RunBy("ec2"), "BF")
        .if_there_is("such an instance with this role, and its SSH port can be reached"),
    row("pass a role to a new Glue endpoint", &[PASS, need(&["glue:CreateDevEndpoint"], ENDPOINT)], Gives::Passed("glue"), "RH19"),
    row("put a key on a Glue endpoint", &[need(&["glue:UpdateDevEndpoint"], ENDPOINT)], Gives::RunBy("glue"), "RH20")
        .if_there_is("such an endpoint with this role"),
    row("pass a role to a new Glue job and start it", &[PASS, need(&["glue:CreateJob"], JOB), need(&["glue:StartJobRun"], JOB)], Gives::Passed("glue"), "CS"),
    row("widen a role, pass it to a new Glue job and start it", &[WIDEN, PASS, need(&["glue:CreateJob"], JOB), need(&["glue:StartJobRun"], JOB)], Gives::Passed("glue"), "RH9, RH12, CS"),
    row("pass a role to a new Glue job and let a trigger start it", &[PASS, need(&["glue:CreateJob"], JOB), need(&["glue:CreateTrigger"], On::Like("arn:{partition}:glue:?*-?*-?:{account}:trigger/?*"))], Gives::Passed("glue"), "CS"),
    row("pass a role to a Glue job and start it", &[PASS, need(&["glue:UpdateJob"], JOB), need(&["glue:StartJobRun", "glue:CreateTrigger"], JOB)], Gives::Passed("glue"), "CS")
        .if_there_is("such a job"),
    row("pass a role to a new stack", &[PASS, need(&["cloudformation:CreateStack"], STACK)], Gives::Passed("cloudformation"), "RH21"),
    row("widen a role and pass it to a new stack", &[WIDEN, PASS, need(&["cloudformation:CreateStack"], STACK)], Gives::Passed("cloudformation"), "RH9, RH12, RH21"),
    row("pass a role to a new set of stacks", &[PASS, need(&["cloudformation:CreateStackSet"], STACK_SET), need(&["cloudformation:CreateStackInstances"], STACK_SET)], Gives::Passed("cloudformation"), "CS")
        .if_there_is("an execution role that lets this role in"),
    row("pass a role to a set of stacks", &[PASS, need(&["cloudformation:UpdateStackSet"], STACK_SET)], Gives::Passed("cloudformation"), "CS")
        .if_there_is("such a set of stacks, and an execution role that lets this role in"),
    row("change a stack", &[need(&["cloudformation:UpdateStack"], STACK)], Gives::RunBy("cloudformation"), "BF, PM")
        .if_there_is("such a stack with this role"),
    row("change a stack by a change set", &[need(&["cloudformation:CreateChangeSet"], STACK), need(&["cloudformation:ExecuteChangeSet"], STACK)], Gives::RunBy("cloudformation"), "PM")
        .if_there_is("such a stack with this role"),
    row("pass a role to a new pipeline", &[PASS, need(&["datapipeline:CreatePipeline"], On::Nothing), need(&["datapipeline:PutPipelineDefinition"], On::Nothing), need(&["datapipeline:ActivatePipeline"], On::Nothing)], Gives::Passed("datapipeline"), "CS, BF")
        .if_there_is("Data Pipeline in this account, which AWS closed to new customers"),
    row("pass a role to a new build and start it", &[PASS, need(&["codebuild:CreateProject"], BUILD), need(&["codebuild:StartBuild", "codebuild:StartBuildBatch"], BUILD)], Gives::Passed("codebuild"), "BF, PM"),
    row("widen a role, pass it to a new build and start it", &[WIDEN, PASS, need(&["codebuild:CreateProject"], BUILD), need(&["codebuild:StartBuild", "codebuild:StartBuildBatch"], BUILD)], Gives::Passed("codebuild"), "RH9, RH12, BF"),
    row("pass a role to a build and start it", &[PASS, need(&["codebuild:UpdateProject"], BUILD), need(&["codebuild:StartBuild", "codebuild:StartBuildBatch"], BUILD)], Gives::Passed("codebuild"), "PM")
        .if_there_is("such a project"),
    row("pass a role to a new task and run it", &[PASS, need(&["ecs:RegisterTaskDefinition"], TASK), need(&["ecs:RunTask", "ecs:StartTask"], TASK)], Gives::Passed("ecs-tasks"), "CS")
        .if_there_is("a cluster"),
    row("widen a role, pass it to a new task and run it", &[WIDEN, PASS, need(&["ecs:RegisterTaskDefinition"], TASK), need(&["ecs:RunTask", "ecs:StartTask"], TASK)], Gives::Passed("ecs-tasks"), "RH9, RH12, CS")
        .if_there_is("a cluster"),
    row("pass a role to a new service of tasks", &[PASS, need(&["ecs:RegisterTaskDefinition"], TASK), need(&["ecs:CreateService"], On::Like("arn:{partition}:ecs:?*-?*-?:{account}:service/?*"))], Gives::Passed("ecs-tasks"), "CS")
        .if_there_is("a cluster"),
    row("run commands in a task", &[need(&["ecs:ExecuteCommand"], On::Like("arn:{partition}:ecs:?*-?*-?:{account}:task/?*"))], Gives::RunBy("ecs-tasks"), "CS")
        .if_there_is("such a task with this role, and commands are enabled for it"),
    row("pass a role to a new notebook and open it", &[PASS, need(&["sagemaker:CreateNotebookInstance"], NOTEBOOK), need(&["sagemaker:CreatePresignedNotebookInstanceUrl"], NOTEBOOK)], Gives::Passed("sagemaker"), "BF, PM"),
    row("pass a role to a new training job", &[PASS, need(&["sagemaker:CreateTrainingJob"], On::Like("arn:{partition}:sagemaker:?*-?*-?:{account}:training-job/?*"))], Gives::Passed("sagemaker"), "BF, PM"),
    row("pass a role to a new processing job", &[PASS, need(&["sagemaker:CreateProcessingJob"], On::Like("arn:{partition}:sagemaker:?*-?*-?:{account}:processing-job/?*"))], Gives::Passed("sagemaker"), "BF, PM"),
    row("open a notebook", &[need(&["sagemaker:CreatePresignedNotebookInstanceUrl"], NOTEBOOK)], Gives::RunBy("sagemaker"), "BF")
        .if_there_is("such a notebook with this role"),
    row("pass a role to a new App Runner service", &[PASS, need(&["apprunner:CreateService"], On::Like("arn:{partition}:apprunner:?*-?*-?:{account}:service/?*/?*"))], Gives::Passed("tasks.apprunner"), "CS"),
    row("pass a role to a code interpreter and call it", &[PASS, need(&["bedrock-agentcore:CreateCodeInterpreter"], INTERPRETER), need(&["bedrock-agentcore:StartCodeInterpreterSession"], INTERPRETER), need(&["bedrock-agentcore:InvokeCodeInterpreter"], INTERPRETER)], Gives::Passed("bedrock-agentcore"), "CS"),
];
