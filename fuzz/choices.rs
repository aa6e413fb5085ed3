//! Bytes as a series of choices, and policies and requests that are made by them: nearly all valid, all from one small
//! vocabulary, so that conditions meet, overlap and exclude one another.

use rolecall::iam::context::{Context, ContextValue};
use rolecall::iam::evaluate::Request;
use serde_json::{Value, json};

pub const GENESYS: &str = "arn:aws:iam::765628985471:root";
pub const EXTERNAL_ID: &str = "5f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13";
pub const ROLE: &str = "arn:aws:iam::111122223333:role/GenesysDataActionRole";
pub const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:orders";
pub const QUALIFIED: &str = "arn:aws:lambda:us-east-1:111122223333:function:stock:live";

/// The bytes that are left. When they are used up every choice is the first one, so that everything comes to an end.
pub struct Choices<'b>(pub &'b [u8]);

impl Choices<'_> {
    pub fn below(&mut self, sides: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % sides
    }

    /// True for one choice in so many, and never when the bytes are used up.
    pub fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == sides - 1
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn some(&mut self, most: usize, mut one: impl FnMut(&mut Self) -> String) -> Value {
        if self.one_in(3) {
            return Value::from(one(self));
        }
        (0..=self.below(most)).map(|_| one(self)).collect()
    }
}

const PIECES: [&str; 24] = [
    "a",
    "*",
    "?",
    "5f6b",
    "orders",
    ":",
    "/",
    "arn:aws:",
    "B",
    "",
    "${aws:PrincipalAccount}",
    "${aws:username}",
    "${*}",
    "${?}",
    "${$}",
    "${aws:PrincipalTag/team, 'x'}",
    "${",
    "}",
    "$",
    "'",
    "é",
    "\u{0}",
    "111122223333",
    "-",
];

/// A text that nobody would write.
fn odd(choices: &mut Choices<'_>) -> String {
    (0..=choices.below(5)).map(|_| choices.pick(&PIECES)).collect()
}

const OPERATORS: [&str; 30] = [
    "StringEquals",
    "StringEquals",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "Null",
    "Bool",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "BinaryEquals",
    "StringMatches",
    "stringequals",
];

/// Keys with values that suit them.
const KEYS: [(&str, &[&str]); 20] = [
    (
        "sts:ExternalId",
        &[EXTERNAL_ID, "5F6B2C1E-8A3D-4C7F-9B1E-2D4F6A8C0E13", "5f6b*", "*", "?*", "old-tenant", "12"],
    ),
    ("STS:EXTERNALID", &[EXTERNAL_ID, "*"]),
    ("aws:SourceIp", &["10.0.0.0/8", "10.1.2.3", "203.0.113.7", "2001:db8::/32", "::1", "10.0.0.0/99"]),
    ("aws:PrincipalArn", &["arn:aws:iam::765628985471:role/*", "arn:aws:iam::*:role/g?n*", GENESYS, ROLE]),
    ("aws:PrincipalAccount", &["765628985471", "111122223333", "7*"]),
    ("aws:PrincipalOrgID", &["o-genesys0001", "o-*"]),
    ("aws:PrincipalType", &["AssumedRole", "User", "Account"]),
    ("aws:PrincipalTag/team", &["a", "b*"]),
    ("aws:PrincipalIsAWSService", &["true", "false"]),
    ("aws:userid", &["AROAEXAMPLE:run", "*:run"]),
    ("aws:MultiFactorAuthPresent", &["true", "false", "TRUE"]),
    ("aws:MultiFactorAuthAge", &["300", "0", "-1", "3e2", "300.5", "NaN"]),
    ("aws:CurrentTime", &["2026-01-01T00:00:00Z", "2027-01-01", "1767225600", "never"]),
    ("sts:RoleSessionName", &["run", "gen*", "${aws:PrincipalAccount}"]),
    ("sts:SourceIdentity", &["ada", "a*"]),
    ("aws:RequestTag/team", &["a", "b*"]),
    ("aws:TagKeys", &["team", "cost"]),
    ("aws:ResourceTag/team", &["a", "YWI="]),
    ("lambda:FunctionArn", &[FUNCTION, "arn:aws:lambda:*"]),
    ("custom:key", &["p", "p*", "*q"]),
];

fn conditions(choices: &mut Choices<'_>) -> Value {
    let mut block = json!({});
    for _ in 0..=choices.below(3) {
        let (key, values) = choices.pick(&KEYS);
        let mut operator = choices.pick(&OPERATORS).to_owned();
        match choices.below(8) {
            5 => operator.insert_str(0, "ForAllValues:"),
            6 => operator.insert_str(0, "ForAnyValue:"),
            7 => operator.push_str("IfExists"),
            _ => {}
        }
        block[operator][key] = choices.some(3, |choices| match choices.below(8) {
            6 => choices.pick(&["true", "false", ""]).to_owned(),
            7 => odd(choices),
            _ => choices.pick(values).to_owned(),
        });
    }
    block
}

const NAMED: [&str; 10] = [
    GENESYS,
    "765628985471",
    "arn:aws:iam::765628985471:role/genesys-service",
    "222233334444",
    "arn:aws:iam::222233334444:user/ops/ada",
    "arn:aws:sts::222233334444:assumed-role/batch/nightly",
    "arn:aws:iam::111122223333:root",
    ROLE,
    "AROAEXAMPLEEXAMPLE123",
    "*",
];

fn principal(choices: &mut Choices<'_>) -> Value {
    match choices.below(8) {
        4 => json!("*"),
        5 => {
            json!({"Service": choices.some(2, |choices| choices.pick(&["lambda.amazonaws.com", "ec2.amazonaws.com"]).to_owned())})
        }
        6 => {
            json!({"Federated": choices.pick(&["accounts.google.com", "arn:aws:iam::111122223333:saml-provider/adfs"])})
        }
        7 => json!({"AWS": GENESYS, "CanonicalUser": "79a59df900b949e5", "Service": "lambda.amazonaws.com"}),
        _ => json!({"AWS": choices.some(3, |choices| choices.pick(&NAMED).to_owned())}),
    }
}

const ACTIONS: [&str; 16] = [
    "sts:AssumeRole",
    "lambda:InvokeFunction",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:*",
    "*",
    "sts:Assume*",
    "STS:ASSUMEROLE",
    "lambda:Invoke*",
    "lambda:Invoke?unction",
    "lambda:*",
    "iam:PassRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "s3:GetObject",
    "l*:*",
];
const RESOURCES: [&str; 9] = [
    FUNCTION,
    QUALIFIED,
    "*",
    ROLE,
    "arn:aws:lambda:us-east-1:111122223333:function:*",
    "arn:aws:lambda:us-east-1:111122223333:function:order?",
    "arn:aws:lambda:us-east-1:111122223333:function:${aws:PrincipalAccount}",
    "arn:aws:lambda:us-east-1:111122223333:function:${aws:PrincipalTag/team, 'orders'}",
    "arn:*:lambda:*:*:*:orders*",
];

fn clause(choices: &mut Choices<'_>, values: &[&str]) -> Value {
    choices.some(3, |choices| if choices.one_in(12) { odd(choices) } else { choices.pick(values).to_owned() })
}

/// Whose policy it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Trust,
    Resource,
    Identity,
}

pub fn policy(choices: &mut Choices<'_>, kind: Kind) -> Value {
    let most = if choices.one_in(6) { 7 } else { 3 };
    let statements: Vec<Value> = (0..=choices.below(most))
        .map(|number| {
            let mut statement =
                json!({"Effect": if number > 0 && choices.one_in(3) { "Deny" } else { "Allow" }});
            if kind != Kind::Identity {
                let element = if choices.one_in(8) { "NotPrincipal" } else { "Principal" };
                statement[element] = principal(choices);
            }
            let element = if choices.one_in(12) { "NotAction" } else { "Action" };
            statement[element] = clause(choices, &ACTIONS);
            if kind != Kind::Trust {
                let element = if choices.one_in(12) { "NotResource" } else { "Resource" };
                statement[element] = clause(choices, &RESOURCES);
            }
            if choices.below(4) != 0 {
                statement["Condition"] = conditions(choices);
            }
            if choices.one_in(6) {
                statement["Sid"] = json!("A");
            }
            statement
        })
        .collect();
    let mut policy =
        json!({"Version": choices.pick(&["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"])});
    policy["Statement"] = if statements.len() == 1 && choices.one_in(4) {
        statements[0].clone()
    } else {
        Value::from(statements)
    };
    policy
}

const CALLERS: [&str; 16] = [
    "arn:aws:sts::765628985471:assumed-role/genesys-service/run",
    "arn:aws:iam::765628985471:role/genesys-service",
    "arn:aws:iam::765628985471:user/someone",
    GENESYS,
    "arn:aws:sts::222233334444:assumed-role/batch/nightly",
    "arn:aws:iam::222233334444:user/ops/ada",
    "arn:aws:sts::111122223333:assumed-role/admin/ada",
    "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/me",
    "arn:aws:sts::111122223333:federated-user/bob",
    "arn:aws:iam::111122223333:root",
    "arn:aws-cn:iam::333344445555:role/genesys-x",
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "accounts.google.com",
    "arn:aws:iam::111122223333:saml-provider/adfs",
    "*",
];

fn context(choices: &mut Choices<'_>) -> Context {
    let mut context = Context::new();
    for _ in 0..choices.below(5) {
        let (key, values) = choices.pick(&KEYS);
        let one = |choices: &mut Choices<'_>| match choices.below(8) {
            7 => odd(choices),
            _ => choices.pick(values).to_owned(),
        };
        let value = match choices.below(8) {
            5 => ContextValue::Absent,
            6 => (0..choices.below(3)).map(|_| one(choices)).collect::<Vec<_>>().into(),
            _ => one(choices).into(),
        };
        context.set(key, value);
    }
    context
}

/// `None` where the caller is not one that can be written down.
pub fn request(choices: &mut Choices<'_>) -> Option<Request> {
    let principal = choices.pick(&CALLERS).parse().ok()?;
    Some(Request {
        principal,
        action: choices.pick(&ACTIONS).to_owned(),
        resource: if choices.one_in(8) { odd(choices) } else { choices.pick(&RESOURCES).to_owned() },
        resource_account: choices.one_in(4).then(|| "222233334444".parse().ok()).flatten(),
        context: context(choices),
    })
}

/// A call for the role as a caller of this kind makes it.
pub fn call_for_role(choices: &mut Choices<'_>) -> Option<Request> {
    use rolecall::iam::principal::Principal;
    let mut request = request(choices)?;
    request.action = match request.principal {
        Principal::WebIdentity(_) => "sts:AssumeRoleWithWebIdentity",
        Principal::Saml(_) => "sts:AssumeRoleWithSAML",
        _ => "sts:AssumeRole",
    }
    .to_owned();
    request.resource = ROLE.to_owned();
    request.resource_account = None;
    Some(request)
}
