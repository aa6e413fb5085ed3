//! Templates.

use crate::{expect, known, role, roles, roles_with};

const WIDE: &str = "{Version: 2012-10-17, Statement: {Effect: Allow, Action: '*', Resource: '*'}}";
const TRUST: &str = "AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: '765628985471'}}}";

/// A template of a role with more properties, and more sections and resources.
fn template(sections: &str, properties: &str, resources: &str) -> String {
    format!(
        "{sections}\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      {TRUST}\n      {properties}\n{resources}\n"
    )
}

fn resource(kind: &str, properties: &str) -> String {
    format!("  Other:\n    Type: {kind}\n    Properties:\n      {properties}\n")
}

#[test]
fn one_more_resource() {
    let given = "{ServiceToken: !ImportValue x, Name: !Ref Role}";
    let body = |kind: &str, properties: &str| {
        resource(kind, properties).replace("Properties:\n      {", "Properties: {")
    };
    for (properties, resources, sides, words) in [
        // What changes nothing of the role.
        ("", body("AWS::S3::Bucket", "{BucketName: !Ref Role}"), "tp", ""),
        ("", body("AWS::Lambda::Function", "{Role: !GetAtt Role.Arn}"), "tp", ""),
        ("", body("AWS::IAM::InstanceProfile", "{Roles: [!Ref Role]}"), "tp", ""),
        ("", body("AWS::SSM::Parameter", "{Value: !GetAtt Role.Arn}"), "tp", ""),
        ("", body("Custom::GenesysIntegration", "{RoleArn: !GetAtt Role.Arn}"), "tp", ""),
        ("", body("Custom::Empty", "{ServiceToken: !ImportValue x, Bucket: b}"), "tp", ""),
        ("", body("AWS::CloudFormation::Stack", "{TemplateURL: 'https://a/b'}"), "tp", ""),
        ("", body("AWS::Serverless::Function", "{Policies: [AdministratorAccess]}"), "tp", ""),
        ("", body("AWS::Serverless::Function", "{Role: !GetAtt Role.Arn}"), "tp", ""),
        ("", body("AWS::IAM::Policy", &format!("{{Roles: [other], PolicyDocument: {WIDE}}}")), "tp", ""),
        ("", body("AWS::New::Thing", "{Name: x}"), "tp", ""),
        // What adds policies.
        ("", body("AWS::IAM::Policy", &format!("{{Roles: [stack-Role-1A2B3C], PolicyDocument: {WIDE}}}")), "t", "/Resources/Other/Properties/Roles: `stack-Role-1A2B3C` can be what CloudFormation calls this role"),
        ("", body("AWS::IAM::Policy", "{'Fn::Transform': {Name: AWS::Include}, Roles: [other]}"), "t", "/Resources/Other: its properties are not written out"),
        ("", body("AWS::IAM::ManagedPolicy", "{'Fn::Transform': {Name: AWS::Include}}"), "t", "its properties are not written out"),
        ("", body("AWS::IAM::ManagedPolicy", &format!("{{Roles: [!ImportValue x], PolicyDocument: {WIDE}}}")), "t", "/Resources/Other/Properties/Roles/0/Fn::ImportValue: its value is known only once the stack exists"),
        ("", body("AWS::Serverless::Connector", "{Source: {Id: F}, Destination: {Id: T}, Permissions: [Write]}"), "t", "/Resources/Other: it puts policies on the role of what it connects"),
        ("", "  Other:\n    Type: AWS::Lambda::Function\n    Connectors: {A: {}}\n    Properties: {Role: !GetAtt Role.Arn}\n".to_owned(), "t", "/Resources/Other/Connectors: they put policies on the roles"),
        ("", body("AWS::Serverless::Function", "{Role: !GetAtt Role.Arn, Policies: [AdministratorAccess]}"), "t", "/Resources/Other: it has both this role and policies"),
        ("", body("AWS::Serverless::StateMachine", "{Role: !Sub '${Role.Arn}', Policies: [AdministratorAccess]}"), "t", "it has both this role and policies"),
        ("", body("AWS::Budgets::BudgetsAction", "{Definition: {IamActionDefinition: {PolicyArn: x, Roles: [!Ref Role]}}}"), "t", "/Resources/Other: it attaches a policy to the roles that it names"),
        ("RoleName: fixed", body("AWS::Budgets::BudgetsAction", "{Definition: {IamActionDefinition: {Roles: [fixed]}}}"), "t", "attaches a policy"),
        ("", body("AWS::SSO::PermissionSet", "{InlinePolicy: !Ref Role}"), "t", "it puts policies on roles"),
        ("", "  'Fn::ForEach::More': [A, [a], {'P${A}': {Type: 'AWS::IAM::Policy', Properties: {}}}]\n".to_owned(), "t", "it stands for resources that are not written out"),
        ("ManagedPolicyArns: ['{{resolve:ssm:/a}}']", String::new(), "t", "`{{resolve:…}}` is known only once the stack exists"),
        ("ManagedPolicyArns: arn:aws:iam::aws:policy/AdministratorAccess", String::new(), "t", "it is not a list"),
        ("Policies: {'Fn::Transform': {Name: Ours}, a: b}", String::new(), "t", "an intrinsic function must be the only member of its object"),
        ("Policies: [{PolicyName: a, PolicyDocument: {'Fn::Transform': {Name: AWS::Include}, Version: 2012-10-17, Statement: []}}]", String::new(), "t", "an intrinsic function must be the only member of its object"),
        // What can change everything.
        ("", body("Custom::Attacher", given), "", "/Resources/Other: it runs a program, which can change the role"),
        ("", body("AWS::CloudFormation::CustomResource", given), "", "it runs a program"),
        ("", body("Custom::Attacher", "{ServiceToken: x, Name: !Sub 'arn:aws:iam::1:role/${Role}'}"), "", "it runs a program"),
        ("", body("Custom::Attacher", "{ServiceToken: x, Name: {'Fn::GetAtt': Role.Arn}}"), "", "it runs a program"),
        ("", body("Custom::Attacher", "{ServiceToken: x, Name: {'Fn::GetAtt': [Role, Arn]}}"), "", "it runs a program"),
        ("RoleName: fixed", body("Custom::Attacher", "{ServiceToken: x, Name: 'arn:aws:iam::1:role/FIXED'}"), "", "it runs a program"),
        ("RoleName: fixed", body("Custom::Attacher", "{ServiceToken: x, Name: !ImportValue y}"), "", "it runs a program"),
        ("RoleName: !Ref Open", body("Custom::Attacher", "{ServiceToken: x, Name: !Ref Open}"), "", "it runs a program"),
        ("", body("Custom::Attacher", "{ServiceToken: !GetAtt F.Arn}") + "  F: {Type: 'AWS::Lambda::Function', Properties: {Environment: {Variables: {R: !Ref Role}}}}\n", "", "it runs a program"),
        ("", body("AWS::CloudFormation::Stack", "{TemplateURL: 'https://a/b', Parameters: {R: !Ref Role}}"), "", "/Resources/Other: it deploys a template"),
        ("RoleName: fixed", body("AWS::CloudFormation::Stack", "{TemplateURL: 'https://a/b'}"), "", "it deploys a template"),
        ("RoleName: fixed", body("AWS::CloudFormation::StackSet", "{TemplateURL: 'https://a/b'}"), "", "it deploys a template"),
        ("RoleName: fixed", body("AWS::Serverless::Application", "{Location: 'https://a/b'}"), "", "it deploys a template"),
        ("", body("Acme::Roles::Attach::MODULE", "{Role: !Ref Role}"), "", "it deploys a template"),
        ("", body("Acme::Roles::Attach", "{Role: !Ref Role}"), "", "/Resources/Other: rolecall does not know this type"),
        ("", body("AWS::IAM::RoleNew", "{}"), "", "/Resources/Other: rolecall does not know this type of IAM resource"),
        ("", body("AWS::New::Thing", "{Role: !Ref Role}"), "", "rolecall does not know this type"),
        ("", body("AWS::SSM::Association", "{Parameters: {Role: [!Ref Role]}}"), "", "it runs a program"),
        ("", body("AWS::Lambda::Function", "{Code: {ZipFile: 'iam.attach_role_policy(RoleName=x)'}}"), "", "/Resources/Other: a text in it calls IAM"),
        ("", body("AWS::Scheduler::Schedule", "{Target: {Arn: 'arn:aws:scheduler:::aws-sdk:iam:attachRolePolicy'}}"), "", "a text in it calls IAM"),
        ("", "  'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://a/b'}}\n".to_owned(), "", "/Resources: `Fn::Transform` can change its siblings"),
        ("", "  Other: {'Fn::Transform': {Name: Ours}, Type: 'AWS::S3::Bucket'}\n".to_owned(), "", "/Resources/Other: its properties are not written out"),
        ("", "  'Fn::ForEach::More': [A, [a], {'P${A}': {Type: 'Custom::X', Properties: {R: !Ref Role}}}]\n".to_owned(), "", "it stands for resources that are not written out"),
        ("", "  Other: {Properties: {}}\n".to_owned(), "", "/Resources/Other: it has no type"),
        ("'Fn::Transform': {Name: AWS::Include, Parameters: {Location: 's3://a/b'}}", String::new(), "", "/Resources/Role: its properties are not written out"),
    ] {
        let text = template("Parameters: {Open: {Type: String}}", properties, &resources);
        expect(&text, "Role", sides, words);
    }
}

#[test]
fn transforms_and_sections() {
    for (sections, sides, words) in [
        ("Transform: AWS::Serverless-2016-10-31", "tp", ""),
        ("Transform: [AWS::LanguageExtensions]", "tp", ""),
        (
            "Transform: AWS::Serverless-2099-01-01",
            "",
            "/Transform: macro `AWS::Serverless-2099-01-01` can change the whole template",
        ),
        (
            "Transform: [AWS::LanguageExtensions, {Name: Ours}]",
            "",
            "/Transform: macro `Ours` can change the whole template",
        ),
        ("Transform: {Name: !Ref A}", "", "/Transform: macro `?` can change the whole template"),
        (
            "'Fn::Transform': {Name: AWS::Include}",
            "",
            "/Fn::Transform: `Fn::Transform` can change its siblings",
        ),
        (
            "Mappings: {'Fn::Transform': {Name: AWS::Include}}",
            "",
            "/Mappings: `Fn::Transform` can change its siblings",
        ),
        (
            "Conditions: {'Fn::Transform': {Name: AWS::Include}}",
            "",
            "/Conditions: `Fn::Transform` can change its siblings",
        ),
    ] {
        expect(&template(sections, "", ""), "Role", sides, words);
    }
    // SAM's settings for all functions.
    let globals = "Transform: AWS::Serverless-2016-10-31\nGlobals: {Function: {Role: !GetAtt Role.Arn}}";
    let function = resource("AWS::Serverless::Function", "Policies: [AdministratorAccess]");
    expect(&template(globals, "", &function), "Role", "t", "it has both this role and policies");
    // Roles of a loop are named, and nothing is known of them.
    let loops = "  'Fn::ForEach::Roles': [A, [a], {'R${A}': {Type: 'AWS::IAM::Role', Properties: {}}}]\n";
    expect(
        &template("", "", loops),
        "Fn::ForEach::Roles",
        "",
        "it stands for roles that are not written out",
    );
}

/// What follows from a default is not proved; what is stated is.
#[test]
fn defaults_are_not_values() {
    let sections = "Parameters:\n  Who: {Type: String, Default: '765628985471'}\n  Only: {Type: String, AllowedValues: ['765628985471']}\n  Hidden: {Type: String, NoEcho: true, Default: '765628985471'}\n  Debug: {Type: String, Default: 'no way'}\n  Name: {Type: String, Default: other}\nConditions:\n  IsDebug: !Equals [!Ref Debug, 'yes, do']\n  Again: !And [!Condition IsDebug, !Condition IsDebug]";
    let text = |principal: &str, properties: &str, resources: &str| {
        template(sections, properties, resources)
            .replace("'765628985471'}}}\n", &format!("{principal}}}}}}}\n"))
    };
    let wide = |more: &str| {
        format!(
            "  Other:\n    Type: AWS::IAM::Policy\n{more}\n    Properties: {{Roles: [!Ref Role], PolicyDocument: {WIDE}}}\n"
        )
    };
    type Row<'r> = (String, &'r [(&'r str, &'r str)], &'r str, &'r str);
    let rows: Vec<Row<'_>> = vec![
        (text("!Ref Only", "", ""), &[], "tp", ""),
        (
            text("!Ref Who", "", ""),
            &[],
            "p",
            "parameter `Who` is not stated, and a stack can have another value than the default; state it with --parameter 'Who=765628985471'",
        ),
        (text("!Ref Who", "", ""), &[("Who", "765628985471")], "tp", ""),
        (text("!Ref Hidden", "", ""), &[], "p", "--parameter 'Hidden=VALUE'"),
        (text("'1'", "", &wide("    Condition: IsDebug")), &[], "t", "parameter `Debug` is not stated"),
        (text("'1'", "", &wide("    Condition: Again")), &[], "t", "parameter `Debug` is not stated"),
        (text("'1'", "", &wide("    Condition: IsDebug")), &[("Debug", "x")], "tp", ""),
        (
            text(
                "'1'",
                &format!(
                    "Policies: [!If [IsDebug, {{PolicyName: a, PolicyDocument: {WIDE}}}, !Ref 'AWS::NoValue']]"
                ),
                "",
            ),
            &[],
            "t",
            "parameter `Debug` is not stated",
        ),
        (
            text("'1'", "RoleName: fixed", &wide("").replace("!Ref Role", "!Ref Name")),
            &[],
            "t",
            "parameter `Name` is not stated",
        ),
        (
            text("'1'", "RoleName: fixed", &wide("").replace("!Ref Role", "!Ref Name")),
            &[("Name", "x")],
            "tp",
            "",
        ),
        (
            text("'1'", "RoleName: !Ref Name", &wide("").replace("!Ref Role", "fixed")),
            &[],
            "t",
            "parameter `Name` is not stated",
        ),
        (
            text("!Sub '{{resolve:ssm:/a}}'", "", ""),
            &[],
            "p",
            "`{{resolve:…}}` is known only once the stack exists",
        ),
    ];
    for (text, parameters, sides, words) in rows {
        let role = roles_with(&text, parameters).remove(0);
        let (found, reasons) = known(&role);
        assert_eq!(found, sides, "{reasons}\n{text}");
        assert!(reasons.contains(words), "`{words}` is not in {reasons}\n{text}");
    }
}

/// Further ways past the reader, tried on purpose.
#[test]
fn attempts_to_sneak_past() {
    for (properties, resources, sides, words) in [
        (
            "RoleName: ven-dor",
            resource("Custom::A", "Name: !Join ['-', [ven, dor]]"),
            "",
            "it runs a program",
        ),
        (
            "RoleName: !Sub '${AWS::StackName}-vendor'",
            resource(
                "Custom::A",
                "Name: !Sub 'arn:aws:iam::${AWS::AccountId}:role/${AWS::StackName}-vendor'",
            ),
            "",
            "it runs a program",
        ),
        (
            "RoleName: !Sub '${AWS::StackName}-vendor'",
            resource("Custom::A", "Name: !Join ['-', [!Ref AWS::StackName, vendor]]"),
            "",
            "it runs a program",
        ),
        (
            "RoleName: !Join ['-', [!Ref AWS::StackName, vendor]]",
            resource("Custom::A", "Name: !Sub '${AWS::StackName}-vendor'"),
            "",
            "it runs a program",
        ),
        (
            "RoleName: !Sub '${AWS::StackName}-R1'",
            resource("Custom::A", "Name: !Sub 'role/${AWS::StackName}-R1'"),
            "",
            "it runs a program",
        ),
        (
            "RoleName: !Ref AWS::StackName",
            resource("Custom::A", "Name: !Ref AWS::StackName"),
            "",
            "it runs a program",
        ),
        (
            "RoleName: fixed",
            resource("Custom::A", "Name: {Deep: [{Er: 'role/fixed'}]}"),
            "",
            "it runs a program",
        ),
        (
            "RoleName: fixed",
            resource("Custom::A", "Name: !Select [0, [fixed, other]]"),
            "",
            "it runs a program",
        ),
        ("RoleName: fixed", resource("Custom::A", "Name: '{{resolve:ssm:/role}}'"), "", "it runs a program"),
        ("RoleName: fixed", resource("Custom::A", "Name: other"), "tp", ""),
        (
            "ManagedPolicyArns: [!Ref P]",
            resource("Custom::A", "Policy: !Ref P")
                + &format!(
                    "  P: {{Type: 'AWS::IAM::ManagedPolicy', Properties: {{PolicyDocument: {WIDE}}}}}\n"
                ),
            "",
            "it runs a program",
        ),
        (
            "",
            resource("Custom::A", "Policy: !Ref P")
                + &format!(
                    "  P: {{Type: 'AWS::IAM::ManagedPolicy', Properties: {{Roles: [!Ref Role], PolicyDocument: {WIDE}}}}}\n"
                ),
            "",
            "it runs a program",
        ),
        (
            "",
            resource("AWS::IAM::policy", "Roles: [!Ref Role]"),
            "",
            "does not know this type of IAM resource",
        ),
        ("", resource("aws::iam::Policy", "Roles: [!Ref Role]"), "", "does not know this type"),
        ("", resource("AWS::IAM::Policy", "Roles: [[!Ref Role]]"), "t", "which roles it means is not clear"),
        (
            "",
            resource("AWS::IAM::Policy", "Roles: [!Ref Role]"),
            "t",
            "/Resources/Other: it has no PolicyDocument",
        ),
        (
            "",
            format!(
                "  Other: {{Type: 'AWS::IAM::Policy', Condition: {{A: b}}, Properties: {{Roles: [!Ref Role], PolicyDocument: {WIDE}}}}}\n"
            ),
            "t",
            "it is not the name of a condition",
        ),
        (
            "",
            format!(
                "  Other: {{Type: 'AWS::IAM::Policy', Condition: Gone, Properties: {{Roles: [!Ref Role], PolicyDocument: {WIDE}}}}}\n"
            ),
            "t",
            "there is no condition `Gone`",
        ),
        (
            "Policies: {PolicyName: a, PolicyDocument: {}}",
            String::new(),
            "t",
            "/Resources/Role/Properties/Policies: it is not a list",
        ),
        (
            "PermissionsBoundary: {'Fn::Transform': {Name: A}, Ref: B}",
            String::new(),
            "t",
            "an intrinsic function must be the only member of its object",
        ),
        ("ManagedPolicyArns: !Split [',', !Ref Open]", String::new(), "t", "parameter `Open` has no default"),
        (
            "ManagedPolicyArns: [!If [Maybe, 'arn:aws:iam::aws:policy/AdministratorAccess', !Ref 'AWS::NoValue']]",
            String::new(),
            "t",
            "`Maybe`",
        ),
    ] {
        let text = template("Parameters: {Open: {Type: String}}", properties, &resources);
        expect(&text, "Role", sides, words);
    }
}

/// The role's name is known because a parameter is stated, and the ARN elsewhere is not.
#[test]
fn a_name_that_is_stated_in_part() {
    let resources =
        resource("Custom::A", "Name: !Sub 'arn:aws:iam::${AWS::AccountId}:role/${AWS::StackName}-vendor'");
    let text = template("", "RoleName: !Sub '${AWS::StackName}-vendor'", &resources);
    let role = roles_with(&text, &[("AWS::StackName", "stack")]).remove(0);
    assert_eq!(role.role_name.as_deref(), Some("stack-vendor"));
    assert_eq!(known(&role).0, "");
}

/// Roles that a template makes without writing them out, and what is known of them.
#[test]
fn roles_that_are_not_written_out_are_named() {
    let open =
        "AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: '*', Action: 'sts:AssumeRole'}}";
    let no_value = "Role: !If [C, 'arn:aws:iam::1:role/x', !Ref AWS::NoValue]";
    let given = "Role: 'arn:aws:iam::123456789012:role/x'";
    let globals = format!("Globals: {{Function: {{{open}}}}}");
    let rows: Vec<(&str, &str, String, &str, &str)> = vec![
        ("", "AWS::Serverless::Function", String::new(), "OtherRole", "t"),
        ("", "AWS::Serverless::Function", open.to_owned(), "OtherRole", "t"),
        (&globals, "AWS::Serverless::Function", "Timeout: 3".to_owned(), "OtherRole", "t"),
        ("", "AWS::Serverless::Function", format!("Role: null\n      {open}"), "OtherRole", "t"),
        ("", "AWS::Serverless::Function", format!("{no_value}\n      {open}"), "OtherRole", "t"),
        (
            "",
            "AWS::Serverless::Function",
            "AssumeRolePolicyDocument: !ImportValue x".to_owned(),
            "OtherRole",
            "",
        ),
        (
            "",
            "AWS::Serverless::Function",
            format!("{given}\n      Events: {{E: {{Type: ScheduleV2}}}}"),
            "OtherERole",
            "t",
        ),
        (
            "",
            "AWS::Serverless::Function",
            format!("{given}\n      Events: {{E: {{Type: New}}}}"),
            "OtherERole",
            "",
        ),
        (
            "",
            "AWS::Serverless::Function",
            format!("{given}\n      DeploymentPreference: {{Type: AllAtOnce}}"),
            "CodeDeployServiceRole",
            "t",
        ),
        ("", "AWS::Serverless::StateMachine", String::new(), "OtherRole", "t"),
        (
            "",
            "AWS::Serverless::StateMachine",
            format!("{given}\n      Events: {{E: {{Type: Schedule}}}}"),
            "OtherERole",
            "t",
        ),
        ("", "AWS::Serverless::GraphQLApi", String::new(), "Other", ""),
        ("", "AWS::Serverless::Agent", String::new(), "Other", ""),
        ("", "AWS::Serverless::Application", "Location: a.yaml".to_owned(), "Other", ""),
        ("", "AWS::CloudFormation::Stack", "TemplateURL: 'https://a/b'".to_owned(), "Other", ""),
        ("", "AWS::SSO::PermissionSet", String::new(), "Other", ""),
        (
            "",
            "AWS::IAM::ServiceLinkedRole",
            "AWSServiceName: autoscaling.amazonaws.com".to_owned(),
            "Other",
            "t",
        ),
        ("", "AWS::IAM::ServiceLinkedRole", "AWSServiceName: !ImportValue x".to_owned(), "Other", ""),
        ("", "Custom::Role", open.to_owned(), "Other", ""),
        (
            "",
            "Custom::AWS",
            "Create: '{\"service\":\"IAM\",\"action\":\"createRole\"}'".to_owned(),
            "Other",
            "",
        ),
        ("", "Acme::Access::Role", open.to_owned(), "Other", ""),
    ];
    for (sections, kind, properties, name, sides) in rows {
        let properties = if properties.is_empty() { "Nothing: 1".to_owned() } else { properties };
        let template = format!(
            "{sections}\nResources:\n  Other:\n    Type: {kind}\n    Properties:\n      {properties}\n"
        );
        let (found, reasons) = known(&role(&template, name));
        assert_eq!(found, sides, "{kind} {properties}: {reasons}");
    }
    // A function that is given a role has no other one.
    let given = "Resources:\n  Role:\n    Type: AWS::IAM::Role\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {Role: !GetAtt Role.Arn}\n";
    assert_eq!(roles(given).len(), 1);
}

/// A program in the file leaves its own role unknown; each custom resource is named.
#[test]
fn what_a_custom_resource_makes_is_not_passed_over() {
    let made = |kind: &str, token: &str| {
        format!("  Made:\n    Type: {kind}\n    Properties: {{ServiceToken: {token}}}\n")
    };
    let handler = |kind: &str, role: &str| {
        format!(
            "  Handler:\n    Type: {kind}\n    Properties: {{{role}}}\n  HandlerRole:\n    Type: AWS::IAM::Role\n    Properties:\n      {TRUST}\n"
        )
    };
    let function = "AWS::Lambda::Function";
    let given = "Role: !GetAtt HandlerRole.Arn";
    let rows = [
        (made("Custom::Made", "!ImportValue handler"), "", true),
        (made("AWS::CloudFormation::CustomResource", "!Ref Topic"), "", true),
        (made("Custom::Made", "!GetAtt Handler.Arn") + &handler(function, given), "HandlerRole", true),
        (made("Custom::Made", "!Sub '${Handler.Arn}'") + &handler(function, given), "HandlerRole", true),
        (made("Custom::Made", "!GetAtt Handler.Arn") + &handler(function, "Role: !ImportValue r"), "", true),
        (
            made("Custom::Made", "!GetAtt Handler.Arn") + &handler("AWS::Serverless::Function", ""),
            "HandlerRole",
            true,
        ),
        (made("Custom::GenesysIntegration", "!ImportValue rolecall"), "", false),
        (made("Custom::Made", "!ImportValue x, Trust: {AssumeRolePolicyDocument: {}}"), "Made", false),
    ];
    for (resources, unknown, is_named) in rows {
        let found = roles(&template("", "", &resources));
        let (first, others) = found.split_first().unwrap();
        assert_eq!(known(first).0, "tp", "{resources}");
        let open = others.iter().filter(|role| !known(role).0.contains('t'));
        assert_eq!(open.map(|role| role.name.as_str()).collect::<Vec<_>>().join(" "), unknown, "{resources}");
        let named = first.notes.iter().any(|note| note.starts_with("custom resource `Made` ("));
        assert_eq!(named, is_named, "{resources}: {:?}", first.notes);
    }
}
