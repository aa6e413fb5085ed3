//! The scenarios of BishopFox's iam-vulnerable by their names, written anew: each is what its policy allows.

use serde_json::{Value, json};

use super::{Account, allow, arn, deny, service, trust, vendor, when};

/// Every service that the scenarios pass a role to has an administrator.
fn account(actions: Value) -> Account {
    let services = ["ec2", "lambda", "glue", "cloudformation", "datapipeline", "codebuild", "sagemaker"];
    let account = services.iter().fold(Account::new(), |account, service| account.administrator_of(service));
    account.policy("actions", json!([allow(actions, json!("*"))])).managed("attacker", vendor(), &["actions"])
}

#[test]
fn each_path_leads_where_it_should() {
    let paths: [(&str, Value); 28] = [
        ("privesc1-CreateNewPolicyVersion", json!("iam:CreatePolicyVersion")),
        ("privesc2-SetExistingDefaultPolicyVersion", json!("iam:SetDefaultPolicyVersion")),
        ("privesc3-CreateEC2WithExistingIP", json!(["iam:PassRole", "ec2:RunInstances"])),
        ("privesc4-CreateAccessKey", json!("iam:CreateAccessKey")),
        ("privesc5-CreateLoginProfile", json!("iam:CreateLoginProfile")),
        ("privesc6-UpdateLoginProfile", json!("iam:UpdateLoginProfile")),
        ("privesc7-AttachUserPolicy", json!("iam:AttachUserPolicy")),
        ("privesc8-AttachGroupPolicy", json!("iam:AttachGroupPolicy")),
        ("privesc9-AttachRolePolicy", json!("iam:AttachRolePolicy")),
        ("privesc10-PutUserPolicy", json!("iam:PutUserPolicy")),
        ("privesc11-PutGroupPolicy", json!("iam:PutGroupPolicy")),
        ("privesc12-PutRolePolicy", json!("iam:PutRolePolicy")),
        ("privesc13-AddUserToGroup", json!("iam:AddUserToGroup")),
        ("privesc14-UpdatingAssumeRolePolicy", json!(["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"])),
        (
            "privesc15-PassExistingRoleToNewLambdaThenInvoke",
            json!(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]),
        ),
        (
            "privesc16-PassRoleToNewLambdaThenTriggerWithNewDynamo",
            json!(["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"]),
        ),
        ("privesc17-EditExistingLambdaFunctionWithRole", json!("lambda:UpdateFunctionCode")),
        ("privesc18-PassExistingRoleToNewGlueDevEndpoint", json!(["iam:PassRole", "glue:CreateDevEndpoint"])),
        ("privesc19-UpdateExistingGlueDevEndpoint", json!("glue:UpdateDevEndpoint")),
        ("privesc20-PassExistingRoleToCloudFormation", json!(["iam:PassRole", "cloudformation:CreateStack"])),
        (
            "privesc21-PassExistingRoleToNewDataPipeline",
            json!([
                "iam:PassRole",
                "datapipeline:CreatePipeline",
                "datapipeline:PutPipelineDefinition",
                "datapipeline:ActivatePipeline"
            ]),
        ),
        (
            "privesc-codeBuildCreateProjectPassRole",
            json!(["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"]),
        ),
        (
            "privesc-sageMakerCreateNotebookPassRole",
            json!([
                "iam:PassRole",
                "sagemaker:CreateNotebookInstance",
                "sagemaker:CreatePresignedNotebookInstanceUrl"
            ]),
        ),
        ("privesc-sageMakerCreateTrainingJob", json!(["iam:PassRole", "sagemaker:CreateTrainingJob"])),
        ("privesc-cloudFormationUpdateStack", json!("cloudformation:UpdateStack")),
        ("privesc-ssmSendCommand", json!("ssm:SendCommand")),
        ("privesc-ssmStartSession", json!("ssm:StartSession")),
        ("privesc-ec2InstanceConnect", json!("ec2-instance-connect:SendSSHPublicKey")),
    ];
    let told: Vec<String> = paths
        .into_iter()
        .map(|(name, actions)| format!("# {name}\n{}", account(actions).told("attacker")))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    # privesc1-CreateNewPolicyVersion
    Administrator
    way: rewrite its own policy -> itself (Administrator): iam:CreatePolicyVersion policy/actions
    # privesc2-SetExistingDefaultPolicyVersion
    Other, perhaps Escalates
    step: switch its own policy to another version -> itself (Escalates): iam:SetDefaultPolicyVersion policy/actions [if there is a version of the policy that allows more]
    # privesc3-CreateEC2WithExistingIP
    Other, perhaps Administrator
    perhaps: pass a role to a new instance -> role/admin-ec2 (Administrator): iam:PassRole role/admin-ec2 iam:PassedToService=ec2.amazonaws.com, ec2:RunInstances ec2::instance/any, ec2:RunInstances ec2:us-east-1::image/any, ec2:RunInstances ec2::network-interface/any, ec2:RunInstances ec2::security-group/any, ec2:RunInstances ec2::subnet/any, ec2:RunInstances ec2::volume/any [if there is an instance profile with this role, an image and a network]
    # privesc4-CreateAccessKey
    Other, perhaps Escalates
    step: make keys for a user -> somebody (Escalates): iam:CreateAccessKey user/any [if there is a user with fewer than two keys]
    # privesc5-CreateLoginProfile
    Other, perhaps Escalates
    step: make a password for a user -> somebody (Escalates): iam:CreateLoginProfile user/any [if there is a user without a password]
    # privesc6-UpdateLoginProfile
    Other, perhaps Escalates
    step: change the password of a user -> somebody (Escalates): iam:UpdateLoginProfile user/any [if there is a user with a password and without multi-factor authentication]
    # privesc7-AttachUserPolicy
    Other
    # privesc8-AttachGroupPolicy
    Other
    # privesc9-AttachRolePolicy
    Administrator
    way: attach a policy to itself -> itself (Administrator): iam:AttachRolePolicy role/attacker iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess
    # privesc10-PutUserPolicy
    Other
    # privesc11-PutGroupPolicy
    Other
    # privesc12-PutRolePolicy
    Administrator
    way: write an inline policy for itself -> itself (Administrator): iam:PutRolePolicy role/attacker
    # privesc13-AddUserToGroup
    Other
    # privesc14-UpdatingAssumeRolePolicy
    Administrator
    way: rewrite the trust of a role and assume it -> role/admin-cloudformation (Administrator): iam:UpdateAssumeRolePolicy role/admin-cloudformation
    step: assume a role -> elsewhere * (Escalates): sts:AssumeRole iam::999999999999:role/any [if the other account lets it in]
    # privesc15-PassExistingRoleToNewLambdaThenInvoke
    Administrator
    way: pass a role to a new function and invoke it -> role/admin-lambda (Administrator): iam:PassRole role/admin-lambda iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda::function:any, lambda:InvokeFunction lambda::function:any
    data: lambda:InvokeFunction lambda::function:any on all
    # privesc16-PassRoleToNewLambdaThenTriggerWithNewDynamo
    Other, perhaps Administrator
    perhaps: pass a role to a new function with an event source -> role/admin-lambda (Administrator): iam:PassRole role/admin-lambda iam:PassedToService=lambda.amazonaws.com, lambda:CreateFunction lambda::function:any, lambda:CreateEventSourceMapping lambda::event-source-mapping:any [if there is an event source, and the role may read it]
    # privesc17-EditExistingLambdaFunctionWithRole
    Other, perhaps Administrator
    perhaps: change the code of a function -> role/admin-lambda (Administrator): lambda:UpdateFunctionCode lambda::function:any [if there is such a function with this execution role, which somebody invokes]
    # privesc18-PassExistingRoleToNewGlueDevEndpoint
    Administrator
    way: pass a role to a new Glue endpoint -> role/admin-glue (Administrator): iam:PassRole role/admin-glue iam:PassedToService=glue.amazonaws.com, glue:CreateDevEndpoint glue::devEndpoint/any
    # privesc19-UpdateExistingGlueDevEndpoint
    Other, perhaps Administrator
    perhaps: put a key on a Glue endpoint -> role/admin-glue (Administrator): glue:UpdateDevEndpoint glue::devEndpoint/any [if there is such an endpoint with this role]
    # privesc20-PassExistingRoleToCloudFormation
    Administrator
    way: pass a role to a new stack -> role/admin-cloudformation (Administrator): iam:PassRole role/admin-cloudformation iam:PassedToService=cloudformation.amazonaws.com, cloudformation:CreateStack cloudformation::stack/any
    # privesc21-PassExistingRoleToNewDataPipeline
    Other, perhaps Administrator
    perhaps: pass a role to a new pipeline -> role/admin-datapipeline (Administrator): iam:PassRole role/admin-datapipeline iam:PassedToService=datapipeline.amazonaws.com, datapipeline:CreatePipeline *, datapipeline:PutPipelineDefinition *, datapipeline:ActivatePipeline * [if there is Data Pipeline in this account, which AWS closed to new customers]
    # privesc-codeBuildCreateProjectPassRole
    Administrator
    way: pass a role to a new build and start it -> role/admin-codebuild (Administrator): iam:PassRole role/admin-codebuild iam:PassedToService=codebuild.amazonaws.com, codebuild:CreateProject codebuild::project/any, codebuild:StartBuild codebuild::project/any
    # privesc-sageMakerCreateNotebookPassRole
    Administrator
    way: pass a role to a new notebook and open it -> role/admin-sagemaker (Administrator): iam:PassRole role/admin-sagemaker iam:PassedToService=sagemaker.amazonaws.com, sagemaker:CreateNotebookInstance sagemaker::notebook-instance/any, sagemaker:CreatePresignedNotebookInstanceUrl sagemaker::notebook-instance/any
    step: open a notebook -> role/admin-sagemaker (Administrator): sagemaker:CreatePresignedNotebookInstanceUrl sagemaker::notebook-instance/any [if there is such a notebook with this role]
    # privesc-sageMakerCreateTrainingJob
    Administrator
    way: pass a role to a new training job -> role/admin-sagemaker (Administrator): iam:PassRole role/admin-sagemaker iam:PassedToService=sagemaker.amazonaws.com, sagemaker:CreateTrainingJob sagemaker::training-job/any
    # privesc-cloudFormationUpdateStack
    Other, perhaps Administrator
    perhaps: change a stack -> role/admin-cloudformation (Administrator): cloudformation:UpdateStack cloudformation::stack/any [if there is such a stack with this role]
    # privesc-ssmSendCommand
    Other, perhaps Administrator
    perhaps: run commands on an instance -> role/admin-ec2 (Administrator): ssm:SendCommand ec2::instance/any, ssm:SendCommand ssm:us-east-1::document/any [if there is such an instance with this role, and it is managed by Systems Manager]
    # privesc-ssmStartSession
    Other, perhaps Administrator
    perhaps: open a shell on an instance -> role/admin-ec2 (Administrator): ssm:StartSession ec2::instance/any [if there is such an instance with this role, and it is managed by Systems Manager]
    # privesc-ec2InstanceConnect
    Other, perhaps Administrator
    perhaps: send an SSH key to an instance -> role/admin-ec2 (Administrator): ec2-instance-connect:SendSSHPublicKey ec2::instance/any [if there is such an instance with this role, and its SSH port can be reached]
    ");
}

#[test]
fn privesc_assume_role_is_followed_to_the_end() {
    let user = |name: &str| json!({"AWS": arn(name)});
    let account = Account::new()
        .role(
            "starting-role",
            vendor(),
            json!([allow(json!("sts:AssumeRole"), json!(arn("intermediate-role")))]),
        )
        .role(
            "intermediate-role",
            trust(user("starting-role")),
            json!([allow(json!("sts:AssumeRole"), json!("*"))]),
        )
        .role("ending-role", trust(json!({"AWS": "123456789012"})), json!([allow(json!("*"), json!("*"))]));
    insta::assert_snapshot!(account.told("starting-role"), @"
    Administrator
    way: assume a role -> role/intermediate-role (Administrator): sts:AssumeRole role/intermediate-role
    way: assume a role -> role/ending-role (Administrator): sts:AssumeRole role/ending-role
    ");
}

/// Where scanners fall silent.
#[test]
fn false_negatives_are_found() {
    let fn1 = Account::new()
        .administrator_of("ec2")
        .policy("partial", json!([allow(json!(["ec2:DescribeInstances", "ec2:RunInstances"]), json!("*"))]))
        .policy("passrole-star", json!([allow(json!("iam:PassRole"), json!("*"))]))
        .managed("fn1", vendor(), &["partial", "passrole-star"]);
    insta::assert_snapshot!(fn1.told("fn1"), @"
    Other, perhaps Administrator
    perhaps: pass a role to a new instance -> role/admin-ec2 (Administrator): iam:PassRole role/admin-ec2 iam:PassedToService=ec2.amazonaws.com, ec2:RunInstances ec2::instance/any, ec2:RunInstances ec2:us-east-1::image/any, ec2:RunInstances ec2::network-interface/any, ec2:RunInstances ec2::security-group/any, ec2:RunInstances ec2::subnet/any, ec2:RunInstances ec2::volume/any [if there is an instance profile with this role, an image and a network]
    ");
    let rewrite = |resource: Value| json!([allow(json!("iam:CreatePolicyVersion"), resource)]);
    let fn2 = Account::new().policy("fn2-own", rewrite(json!("arn:aws:iam::*:policy/fn2-*"))).managed(
        "fn2",
        vendor(),
        &["fn2-own"],
    );
    insta::assert_snapshot!(fn2.told("fn2"), @"
    Administrator
    way: rewrite its own policy -> itself (Administrator): iam:CreatePolicyVersion policy/fn2-own
    ");
    let since = |operator: &str| json!({operator: {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}});
    let fn3 = Account::new()
        .policy("fn3-own", json!([when(rewrite(json!("*"))[0].clone(), since("DateGreaterThan"))]))
        .managed("fn3", vendor(), &["fn3-own"]);
    insta::assert_snapshot!(fn3.told("fn3"), @"
    Administrator
    way: rewrite its own policy -> itself (Administrator): iam:CreatePolicyVersion policy/fn3-own aws:TokenIssueTime=2026-06-01T00:00:00Z
    ");
    let not_action = json!([{"Effect": "Allow", "NotAction": ["iam:Update*", "iam:Create*", "iam:Attach*"], "Resource": "*"}]);
    let fn4 = Account::new().administrator_of("ec2").policy("fn4-own", not_action).managed(
        "fn4",
        vendor(),
        &["fn4-own"],
    );
    insta::assert_snapshot!(fn4.told("fn4"), @"
    Administrator
    way: write an inline policy for itself -> itself (Administrator): iam:PutRolePolicy role/fn4
    step: switch its own policy to another version -> itself (Escalates): iam:SetDefaultPolicyVersion policy/fn4-own [if there is a version of the policy that allows more]
    step: pass a role to a new instance -> role/admin-ec2 (Administrator): iam:PassRole role/admin-ec2 iam:PassedToService=ec2.amazonaws.com, ec2:RunInstances ec2::instance/any, ec2:RunInstances ec2:us-east-1::image/any, ec2:RunInstances ec2::network-interface/any, ec2:RunInstances ec2::security-group/any, ec2:RunInstances ec2::subnet/any, ec2:RunInstances ec2::volume/any [if there is an instance profile with this role, an image and a network]
    step: pass a role to a spot instance -> role/admin-ec2 (Administrator): iam:PassRole role/admin-ec2 iam:PassedToService=ec2.amazonaws.com, ec2:RequestSpotInstances ec2::spot-instances-request/any [if there is an instance profile with this role, an image and a network]
    step: pass a role to a running instance -> role/admin-ec2 (Administrator): iam:PassRole role/admin-ec2 iam:PassedToService=ec2.amazonaws.com, ec2:AssociateIamInstanceProfile ec2::instance/any [if there is an instance profile with this role, and access to an instance]
    step: pass a role to new instances of a group -> role/admin-ec2 (Administrator): iam:PassRole role/admin-ec2 iam:PassedToService=ec2.amazonaws.com, autoscaling:CreateLaunchConfiguration autoscaling::launchConfiguration:any:launchConfigurationName/any, autoscaling:CreateAutoScalingGroup autoscaling::autoScalingGroup:any:autoScalingGroupName/any [if there is an instance profile with this role, and launch configurations in this account]
    step: change the start of an instance -> role/admin-ec2 (Administrator): ec2:ModifyInstanceAttribute ec2::instance/any, ec2:StopInstances ec2::instance/any, ec2:StartInstances ec2::instance/any [if there is such an instance with this role]
    step: run commands on an instance -> role/admin-ec2 (Administrator): ssm:SendCommand ec2::instance/any, ssm:SendCommand ssm:us-east-1::document/any [if there is such an instance with this role, and it is managed by Systems Manager]
    step: open a shell on an instance -> role/admin-ec2 (Administrator): ssm:StartSession ec2::instance/any [if there is such an instance with this role, and it is managed by Systems Manager]
    step: send an SSH key to an instance -> role/admin-ec2 (Administrator): ec2-instance-connect:SendSSHPublicKey ec2::instance/any [if there is such an instance with this role, and its SSH port can be reached]
    step: assume a role -> elsewhere * (Escalates): sts:AssumeRole iam::999999999999:role/any [if the other account lets it in]
    data: s3:GetObject s3:::any-bucket/any on all
    data: s3:GetObjectVersion s3:::any-bucket/any on all
    data: s3:PutObject s3:::any-bucket/any on all
    data: s3:DeleteObject s3:::any-bucket/any on all
    data: s3:PutBucketPolicy s3:::any-bucket on all
    data: dynamodb:GetItem dynamodb::table/any on all
    data: dynamodb:BatchGetItem dynamodb::table/any on all
    data: dynamodb:Query dynamodb::table/any on all
    data: dynamodb:Scan dynamodb::table/any on all
    data: dynamodb:PutItem dynamodb::table/any on all
    data: dynamodb:DeleteItem dynamodb::table/any on all
    data: secretsmanager:GetSecretValue secretsmanager::secret:any on all
    data: secretsmanager:PutSecretValue secretsmanager::secret:any on all
    data: ssm:GetParameter ssm::parameter/any on all
    data: ssm:GetParameters ssm::parameter/any on all
    data: ssm:GetParametersByPath ssm::parameter/any on all
    data: ssm:PutParameter ssm::parameter/any on all
    data: kms:Decrypt kms::key/any on all [if there is a key whose policy leaves the decision to the account]
    data: kms:CreateGrant kms::key/any on all [if there is a key whose policy leaves the decision to the account]
    data: kms:PutKeyPolicy kms::key/any on all [if there is a key whose policy leaves the decision to the account]
    data: rds-data:ExecuteStatement rds::cluster:any on all
    data: rds-db:connect rds-db::dbuser:any/any on all
    data: redshift-data:ExecuteStatement redshift::cluster:any on all
    data: athena:StartQueryExecution athena::workgroup/any on all
    data: kinesis:GetRecords kinesis::stream/any on all
    data: kinesis:PutRecord kinesis::stream/any on all
    data: sqs:ReceiveMessage sqs::any on all
    data: sqs:SendMessage sqs::any on all
    data: sns:Publish sns::any on all
    data: events:PutEvents events::event-bus/any on all
    data: ses:SendEmail ses::identity/any on all
    data: logs:GetLogEvents logs::log-group:any on all
    data: logs:FilterLogEvents logs::log-group:any on all
    data: logs:StartQuery logs::log-group:any on all
    data: ecr:BatchGetImage ecr::repository/any on all
    data: ecr:PutImage ecr::repository/any on all
    data: ec2:CreateSnapshot ec2::volume/any on all
    data: ec2:ModifySnapshotAttribute ec2:us-east-1::snapshot/any on all
    data: ebs:GetSnapshotBlock ec2:us-east-1::snapshot/any on all
    data: rds:ModifyDBSnapshotAttribute rds::snapshot:any on all
    data: ec2:GetConsoleOutput ec2::instance/any on all
    data: ec2:TerminateInstances ec2::instance/any on all
    data: elasticfilesystem:ClientMount elasticfilesystem::file-system/any on all
    data: codecommit:GitPull codecommit::any on all
    data: lambda:InvokeFunction lambda::function:any on all
    data: lambda:InvokeFunctionUrl lambda::function:any on all
    data: lambda:GetFunction lambda::function:any on all
    data: states:StartExecution states::stateMachine:any on all
    data: bedrock:InvokeModel bedrock:us-east-1::foundation-model/any on all
    ");
}

/// Where scanners cry out.
#[test]
fn false_positives_are_silent() {
    let rewrite = || allow(json!("iam:CreatePolicyVersion"), json!("*"));
    let fp1 = Account::new()
        .policy("fp1-own", json!([allow(json!("*"), json!("*")), deny(json!("*"), json!("*"))]))
        .managed("fp1", vendor(), &["fp1-own"]);
    insta::assert_snapshot!(fp1.told("fp1"), @"Nothing");
    let fp2 = Account::new()
        .policy("allow-all", json!([allow(json!("*"), json!("*"))]))
        .policy("deny-all", json!([deny(json!("*"), json!("*"))]))
        .managed("fp2", vendor(), &["allow-all", "deny-all"]);
    insta::assert_snapshot!(fp2.told("fp2"), @"Nothing");
    let fp3 = Account::new()
        .policy("fp3-own", json!([deny(json!("iam:CreatePolicyVersion"), json!("*"))]))
        .managed("fp3", vendor(), &["fp3-own"]);
    insta::assert_snapshot!(fp3.told("fp3"), @"Nothing");
    let fp4 = Account::new()
        .policy(
            "fp4-own",
            json!([allow(json!("iam:CreatePolicyVersion"), json!("arn:aws:iam::aws:policy/fp4-*"))]),
        )
        .managed("fp4", vendor(), &["fp4-own"]);
    insta::assert_snapshot!(fp4.told("fp4"), @"Other");
    let since = json!({"DateLessThan": {"aws:TokenIssueTime": "2020-01-01T00:00:01Z"}});
    let fp5 = Account::new().policy("fp5-own", json!([when(rewrite(), since)])).managed(
        "fp5",
        vendor(),
        &["fp5-own"],
    );
    insta::assert_snapshot!(fp5.told("fp5"), @"Nothing");
}

/// `tool-testing/privesc-permissive-role-trust`: any principal of the account can assume an administrator.
#[test]
fn a_role_that_trusts_the_account_serves_whoever_may_ask() {
    let account = Account::new()
        .role("permissive", trust(json!({"AWS": "*"})), json!([allow(json!("*"), json!("*"))]))
        .role("idle", vendor(), json!([allow(json!("logs:PutLogEvents"), json!("*"))]))
        .role("lambda", service("lambda"), json!([allow(json!("sts:AssumeRole"), json!("*"))]));
    insta::assert_snapshot!(account.told("idle"), @"
    Administrator
    way: assume a role -> role/permissive (Administrator): sts:AssumeRole role/permissive
    ");
    insta::assert_snapshot!(account.told("lambda"), @"
    Administrator
    way: assume a role -> role/permissive (Administrator): sts:AssumeRole role/permissive
    ");
}
