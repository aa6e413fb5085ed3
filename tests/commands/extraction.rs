//! Tables for the readers of other tools' files: YAML as CloudFormation reads it, intrinsic functions, conditions.

use proptest::prelude::*;
use rolecall::extract::{ExtractError, Parameters, RoleDocuments, Side, extract};
use serde_json::{Value, json};

/// The trust policy of the only role in a template whose one statement has this principal.
fn principal(principal: &str, sections: &str, parameters: &[(&str, &str)]) -> Result<Value, Vec<String>> {
    let template = format!(
        "{sections}\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: 2012-10-17\n        Statement:\n          Effect: Allow\n          Action: sts:AssumeRole\n          Principal:\n            AWS: {principal}\n"
    );
    let role = only_role(&template, parameters).unwrap_or_else(|error| panic!("{error}\n{template}"));
    match role.trust {
        Side::Known(trust) => Ok(trust.as_value()["Statement"]["Principal"]["AWS"].clone()),
        Side::Unknown(reasons) => Err(reasons),
        Side::Absent => panic!("{template}"),
    }
}

fn only_role(text: &str, parameters: &[(&str, &str)]) -> Result<RoleDocuments, ExtractError> {
    let parameters: Parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut roles = extract(text, &parameters)?.roles;
    assert_eq!(roles.len(), 1);
    Ok(roles.remove(0))
}

const SECTIONS: &str = "
Parameters:
  Id: {Type: String, Default: '765628985471'}
  Unquoted: {Type: String, Default: 765628985471}
  Ids: {Type: CommaDelimitedList, Default: '111111111111, 222222222222'}
  Open: {Type: String}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b}
  Off: {Type: String, Default: no}
Mappings:
  Accounts: {us-east-1: {Id: '765628985471', Names: ['333333333333']}}
Conditions:
  Same: !Equals [!Ref Id, '765628985471']
  Other: !Not [!Condition Same]
  Both: !And [!Condition Same, !Condition Other]
  Either: !Or [!Equals [!Ref Open, x], !Condition Same]
  Neither: !And [!Equals [!Ref Open, x], !Condition Other]
  Perhaps: !Or [!Equals [!Ref Open, x], !Condition Other]
  IsOff: !Equals [!Ref Off, 'false']
  Round: !Not [!Condition About]
  About: !Not [!Condition Round]
";

#[test]
fn functions_that_are_resolved() {
    let id = json!("765628985471");
    for (expression, value) in [
        ("'765628985471'", id.clone()),
        ("765628985471", id.clone()),
        ("!Ref Id", id.clone()),
        ("{Ref: Id}", id.clone()),
        ("!Ref Unquoted", id.clone()),
        ("!Ref Ids", json!(["111111111111", "222222222222"])),
        ("!Sub '${Id}'", id.clone()),
        ("!Sub 'arn:aws:iam::${Id}:root'", json!("arn:aws:iam::765628985471:root")),
        (
            "!Sub 'arn:aws:iam::${Id}:user/${!aws:username}'",
            json!("arn:aws:iam::765628985471:user/${aws:username}"),
        ),
        ("!Sub ['arn:aws:iam::${A}:root', {A: !Ref Id}]", json!("arn:aws:iam::765628985471:root")),
        ("{'Fn::Sub': ['${A}${Id}', {A: ''}]}", id.clone()),
        ("!Sub '76562898547${One'", json!("76562898547${One")),
        ("!Join ['', ['arn:aws:iam::', !Ref Id, ':root']]", json!("arn:aws:iam::765628985471:root")),
        ("!Join [',', !Ref Ids]", json!("111111111111,222222222222")),
        ("!Select [1, !Ref Ids]", json!("222222222222")),
        ("!Select ['0', !Split ['-', '765628985471-x']]", id.clone()),
        ("!Split ['|', '1|2']", json!(["1", "2"])),
        ("!FindInMap [Accounts, us-east-1, Id]", id.clone()),
        ("!FindInMap [Accounts, us-east-1, Names]", json!(["333333333333"])),
        ("!If [Same, !Ref Id, !Ref Open]", id.clone()),
        ("!If [Other, !Ref Open, !Ref Id]", id.clone()),
        ("!If [Both, a, b]", json!("b")),
        ("!If [Either, a, b]", json!("a")),
        ("!If [Neither, a, b]", json!("b")),
        ("!If [IsOff, a, b]", json!("a")),
        ("[!If [Other, !Ref Open, !Ref AWS::NoValue], !Ref Id]", json!(["765628985471"])),
        ("!Sub '${A::B}'", json!("?")),
    ] {
        match principal(expression, SECTIONS, &[]) {
            Ok(found) => assert_eq!(found, value, "{expression}"),
            Err(reasons) => assert_eq!(value, "?", "{expression}: {reasons:?}"),
        }
    }
    let stated =
        [("Open", "765628985471"), ("Stored", "s"), ("AWS::Region", "us-east-1"), ("AWS::URLSuffix", "a.b")];
    for (expression, value) in [
        ("!Ref Open", "765628985471"),
        ("!Ref Stored", "s"),
        ("!FindInMap [Accounts, !Ref AWS::Region, Id]", "765628985471"),
        ("!Sub 'lambda.${AWS::URLSuffix}'", "lambda.a.b"),
        ("!If [Perhaps, a, b]", "b"),
    ] {
        assert_eq!(principal(expression, SECTIONS, &stated), Ok(json!(value)), "{expression}");
    }
    assert_eq!(principal("!Ref Ids", SECTIONS, &[("Ids", "1 , 2")]), Ok(json!(["1", "2"])));
    // Values win over defaults.
    assert_eq!(principal("!Ref Id", SECTIONS, &[("Id", "111111111111")]), Ok(json!("111111111111")));
}

#[test]
fn functions_that_are_not() {
    let principal = "/Resources/Role/Properties/AssumeRolePolicyDocument/Statement/Principal/AWS";
    for (expression, place, words) in [
        ("!Ref Open", "/Ref", "parameter `Open` has no default"),
        ("!Ref Stored", "/Ref", "is in Parameter Store"),
        ("!Ref AWS::AccountId", "/Ref", "`AWS::AccountId` depends on where the stack is"),
        ("!Ref Role", "/Ref", "what `Role` is called is known only once the stack exists"),
        ("!GetAtt Role.Arn", "/Fn::GetAtt", "`Role.Arn` is known only once the stack exists"),
        ("!GetAtt [Role, Arn]", "/Fn::GetAtt", "`Role.Arn` is known only once the stack exists"),
        ("!Sub '${Role.Arn}'", "/Fn::Sub", "`Role.Arn` is known only once the stack exists"),
        ("!Sub 'x${Open}'", "/Fn::Sub", "parameter `Open` has no default"),
        ("!Sub 'x${Ids}'", "/Fn::Sub", "`Ids` is not text"),
        ("!ImportValue x", "/Fn::ImportValue", "its value is known only once the stack exists"),
        ("!Join ['', ['a', !Ref Open]]", "/Fn::Join/1/1/Ref", "parameter `Open` has no default"),
        ("!Join ['', 'a']", "/Fn::Join", "its arguments are not what the function takes"),
        ("!Select [9, !Ref Ids]", "/Fn::Select", "its arguments are not what the function takes"),
        ("!Select [-1, !Ref Ids]", "/Fn::Select", "its arguments are not what the function takes"),
        ("!Split ['', 'a']", "/Fn::Split", "its arguments are not what the function takes"),
        (
            "!FindInMap [Accounts, eu-west-1, Id]",
            "/Fn::FindInMap",
            "its arguments are not what the function takes",
        ),
        (
            "!If [Perhaps, a, b]",
            "",
            "/Conditions/Perhaps/Fn::Or/0/Fn::Equals/0/Ref: parameter `Open` has no default",
        ),
        ("!If [Gone, a, b]", "/Fn::If", "there is no condition `Gone` that rolecall can decide"),
        ("!If [Round, a, b]", "", "condition `Round` cannot be decided"),
        ("!If [Same, a]", "/Fn::If", "its arguments are not what the function takes"),
        ("!Made up", "/Fn::Made", "its value is known only once the stack exists"),
    ] {
        let reasons = self::principal(expression, SECTIONS, &[]).expect_err(expression);
        // A condition is undecided at its own place.
        let at_its_place =
            |reason: &String| place.is_empty() || reason.starts_with(&format!("{principal}{place}: "));
        let is_there = |reason: &String| reason.contains(words) && at_its_place(reason);
        assert!(reasons.iter().any(is_there), "{expression}: {reasons:?}");
    }
}

/// A chain of conditions that each ask for the next one twice takes one look at each.
#[test]
fn conditions_are_decided_once() {
    let mut sections = "Conditions:\n".to_owned();
    for index in 0..30 {
        sections += &format!("  C{index}: !And [!Condition C{0}, !Condition C{0}]\n", index + 1);
    }
    sections += "  C30: !Equals [a, a]\n";
    assert_eq!(principal("!If [C0, a, b]", &sections, &[]), Ok(json!("a")));
}

#[test]
fn scalars_of_yaml() {
    // The value of a key of the condition, as CloudFormation would send it to IAM.
    for (scalar, value) in [
        ("text", json!("text")),
        ("2012-10-17", json!("2012-10-17")),
        ("'true'", json!("true")),
        ("true", json!(true)),
        ("no", json!(false)),
        ("On", json!(true)),
        ("12", json!("12")),
        ("-12", json!("-12")),
        ("1.5", json!("1.5")),
        ("1.50", json!(1.5)),
        ("012", json!(10)),
        ("0x1F", json!(31)),
        ("0b101", json!(5)),
        ("1_000", json!(1000)),
        ("1:30", json!(90)),
        ("089", json!("089")),
        ("012345678901", json!("012345678901")),
        ("!!str 12", json!("12")),
        ("! text", json!("text")),
        ("1.2.3", json!("1.2.3")),
        ("99999999999999999999", json!("99999999999999999999")),
        ("\"a\\u00e9\"", json!("aé")),
        ("|-\n                a\n                b", json!("a\nb")),
        (">-\n                a\n                b", json!("a b")),
    ] {
        let template = format!(
            "Resources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: 2012-10-17\n        Statement:\n          Effect: Allow\n          Action: sts:AssumeRole\n          Principal: {{AWS: '765628985471'}}\n          Condition:\n            StringEquals:\n              sts:ExternalId: {scalar}\n            Null:\n              aws:PrincipalArn: false\n"
        );
        let role = only_role(&template, &[]).unwrap_or_else(|error| panic!("{error}: {scalar}"));
        let Side::Known(trust) = role.trust else { panic!("{scalar}: {:?}", role.trust) };
        let condition = &trust.as_value()["Statement"]["Condition"];
        assert_eq!(condition["StringEquals"]["sts:ExternalId"], value, "{scalar}");
        assert_eq!(condition["Null"]["aws:PrincipalArn"], false);
    }
}

/// What puts a policy on the role, and what leaves it open.
#[test]
fn policies_of_a_template() {
    let document =
        "PolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}";
    let trust = "AssumeRolePolicyDocument: {Version: 2012-10-17, Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: '765628985471'}}}";
    let rows: Vec<(&str, &str, String, Option<usize>)> = vec![
        ("", "", String::new(), Some(0)),
        ("", "AWS::IAM::Policy", "Roles: [!Ref Role]".to_owned(), Some(1)),
        ("", "AWS::IAM::ManagedPolicy", "Roles: [!Sub '${Role}']".to_owned(), Some(1)),
        ("", "AWS::IAM::RolePolicy", "RoleName: !Ref Role".to_owned(), Some(1)),
        ("", "AWS::IAM::Policy", "Roles: [other]".to_owned(), Some(0)),
        ("", "AWS::IAM::UserPolicy", "Roles: [!Ref Role]".to_owned(), Some(0)),
        ("RoleName: name", "AWS::IAM::Policy", "Roles: [name]".to_owned(), Some(1)),
        ("RoleName: name", "AWS::IAM::Policy", "Roles: [other]".to_owned(), Some(0)),
        ("RoleName: !Ref Open", "AWS::IAM::Policy", "Roles: [!Ref Open]".to_owned(), Some(1)),
        ("RoleName: !Ref Open", "AWS::IAM::RolePolicy", "RoleName: !Ref Open".to_owned(), Some(1)),
        ("RoleName: !Ref Open", "AWS::IAM::Policy", "Roles: [name]".to_owned(), None),
        ("RoleName: name", "AWS::IAM::Policy", "Roles: [!Ref Open]".to_owned(), None),
        ("", "AWS::IAM::Policy", "Roles: !Ref Open".to_owned(), None),
        ("ManagedPolicyArns: [!Ref Other]", "AWS::IAM::ManagedPolicy", String::new(), Some(1)),
        ("ManagedPolicyArns: [!GetAtt Other.PolicyArn]", "AWS::IAM::ManagedPolicy", String::new(), Some(1)),
        (
            "ManagedPolicyArns: [!Ref Other]",
            "AWS::IAM::ManagedPolicy",
            "Roles: [!Ref Role]".to_owned(),
            Some(1),
        ),
        ("ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']", "", String::new(), None),
        ("ManagedPolicyArns: !Ref Open", "", String::new(), None),
        ("PermissionsBoundary: !Ref Other", "AWS::IAM::ManagedPolicy", String::new(), Some(0)),
        ("PermissionsBoundary: !Ref AWS::NoValue", "", String::new(), Some(0)),
        ("PermissionsBoundary: !Ref Open", "", String::new(), None),
        ("Policies: !Ref AWS::NoValue", "", String::new(), Some(0)),
        ("Policies: [{PolicyName: a}]", "", String::new(), None),
    ];
    for (properties, kind, link, policies) in rows {
        let other = match kind {
            "" => String::new(),
            kind => format!("  Other:\n    Type: {kind}\n    Properties:\n      {document}\n      {link}\n"),
        };
        let template = format!(
            "Parameters:\n  Open: {{Type: String}}\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    Properties:\n      {trust}\n      {properties}\n{other}"
        );
        let role = only_role(&template, &[]).unwrap_or_else(|error| panic!("{error}\n{template}"));
        let found = match &role.permissions {
            Side::Known(permissions) => Some(permissions.identity.len()),
            Side::Unknown(_) | Side::Absent => None,
        };
        assert_eq!(found, policies, "{template}\n{:?}", role.permissions);
        if properties.contains("Boundary: !Ref Other") {
            assert!(matches!(&role.permissions, Side::Known(permissions) if permissions.boundary.is_some()));
        }
    }
}

#[test]
fn resources_under_conditions_and_macros() {
    let role = |more: &str| {
        format!(
            "Type: AWS::IAM::Role, {more} Properties: {{AssumeRolePolicyDocument: {{Version: 2012-10-17, Statement: {{Effect: Allow, Action: 'sts:AssumeRole', Principal: {{AWS: '765628985471'}}}}}}}}"
        )
    };
    let policy = |more: &str| {
        format!(
            "Type: AWS::IAM::Policy, {more} Properties: {{Roles: [!Ref Role], PolicyDocument: {{Version: 2012-10-17, Statement: {{Effect: Allow, Action: 's3:*', Resource: '*'}}}}}}"
        )
    };
    let template = |head: &str, role: String, policy: String| {
        format!(
            "{head}\nParameters: {{Open: {{Type: String}}}}\nConditions:\n  Never: !Equals [a, b]\n  Perhaps: !Equals [!Ref Open, b]\nResources:\n  Role: {{{role}}}\n  Policy: {{{policy}}}\n"
        )
    };
    let read = |text: &str| extract(text, &Parameters::new());
    let never = read(&template("", role("Condition: Never,"), policy("")));
    assert!(matches!(never, Err(ExtractError::NoRole { .. })));
    let perhaps = only_role(&template("", role("Condition: Perhaps,"), policy("")), &[]).unwrap();
    assert!(
        perhaps.notes[0].starts_with("it is taken to be created; /Conditions/Perhaps/"),
        "{:?}",
        perhaps.notes
    );
    let without = only_role(&template("", role(""), policy("Condition: Never,")), &[]).unwrap();
    assert!(matches!(without.permissions, Side::Known(permissions) if permissions.identity.is_empty()));
    let open = only_role(&template("", role(""), policy("Condition: Perhaps,")), &[]).unwrap();
    assert!(matches!(open.permissions, Side::Unknown(_)));
    for (head, is_known) in [
        ("Transform: AWS::Serverless-2016-10-31", true),
        ("Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]", true),
        ("Transform: [AWS::LanguageExtensions, Ours]", false),
        ("Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}", false),
    ] {
        let found = only_role(&template(head, role(""), policy("")), &[]).unwrap();
        assert_eq!(matches!(found.trust, Side::Known(_)), is_known, "{head}");
        assert_eq!(matches!(found.permissions, Side::Known(_)), is_known, "{head}");
    }
    let loops = template("Transform: AWS::LanguageExtensions", role(""), policy(""))
        + "  'Fn::ForEach::More': [A, [a, b], {}]\n";
    let found = only_role(&loops, &[]).unwrap();
    assert!(matches!(found.trust, Side::Known(_)) && matches!(found.permissions, Side::Unknown(_)));
}

const FILES: [&str; 10] = [
    include_str!("files/cloudformation/role.yaml"),
    include_str!("files/cloudformation/unresolved.yaml"),
    include_str!("files/cloudformation/optional-id.yaml"),
    include_str!("files/cloudformation/cdk.json"),
    include_str!("files/terraform/role-plan.json"),
    include_str!("files/terraform/modules-plan.json"),
    include_str!("files/terraform/detach-plan.json"),
    include_str!("files/descriptions/get-role-encoded.json"),
    include_str!("files/descriptions/authorization-details.json"),
    include_str!("files/pitfalls/t08-second-statement.json"),
];

proptest! {
    /// Whatever happens to a file on its way, it gives an answer or an error.
    #[test]
    fn no_damage_to_a_file_is_too_much(
        file in prop::sample::select(&FILES[..]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, "[\\[\\]{}:,!&*#'\"|>%@`$\\-? \na-z0-9~<]{0,6}"), 1..6),
    ) {
        let mut text = file.to_owned();
        for (place, length, replacement) in edits {
            let start = text.floor_char_boundary(place.index(text.len() + 1));
            let end = text.floor_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, &replacement);
        }
        let _ = extract(&text, &Parameters::new());
    }
}
