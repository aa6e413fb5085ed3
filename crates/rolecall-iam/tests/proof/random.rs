//! Random documents and requests out of one small vocabulary, so that conditions meet, overlap and exclude one another.

use rolecall_iam::context::{Context, ContextValue};
use serde_json::{Value, json};

use super::support::{EXTERNAL_ID, FUNCTION, GENESYS, QUALIFIED};

/// A source of choices that is the same in every run (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ bits >> 31) % sides as u64).unwrap()
    }

    pub(super) fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    pub(super) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.roll(from.len())]
    }

    fn some<T: Clone>(&mut self, from: &[T], most: usize) -> Vec<T> {
        (0..=self.roll(most)).map(|_| self.pick(from).clone()).collect()
    }
}

const IDS: [&str; 8] = [
    EXTERNAL_ID,
    "5F6B2C1E-8A3D-4C7F-9B1E-2D4F6A8C0E13",
    "5f6b*",
    "*",
    "?*",
    "an-old-tenant",
    "12345",
    "5f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e1?",
];
const STRING_OPERATORS: [&str; 9] = [
    "StringEquals",
    "StringEquals",
    "StringLike",
    "StringNotEquals",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "NumericLessThan",
    "StringMatches",
];

/// Keys with operators that suit them, values for conditions, and values for requests; the empty text stands for absence.
type Vocabulary = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

const KEYS: [Vocabulary; 15] = [
    ("aws:username", &["StringEquals", "StringLike", "StringNotLike"], &["ada", "b*", "*"], &[]),
    ("aws:RequestedRegion", &["StringEquals", "StringNotEquals"], &["us-east-1", "eu-west-1"], &[]),
    (
        "aws:SourceIp",
        &["IpAddress", "NotIpAddress"],
        &["10.0.0.0/8", "10.1.0.0/16", "203.0.113.7", "2001:db8::/32"],
        &["", "10.0.0.1", "10.1.2.3", "203.0.113.7", "203.0.113.8", "2001:db8::1", "::1"],
    ),
    (
        "aws:PrincipalArn",
        &["ArnLike", "ArnNotLike", "StringLike", "StringEquals"],
        &[
            "arn:aws:iam::765628985471:role/*",
            "arn:aws:iam::*:role/genesys-*",
            "arn:aws:iam::765628985471:role/genesys-service",
            "arn:aws:iam::222233334444:*",
        ],
        &[],
    ),
    (
        "aws:PrincipalAccount",
        &["StringEquals", "StringNotEquals", "StringLike"],
        &["765628985471", "222233334444", "7*"],
        &[],
    ),
    (
        "aws:PrincipalOrgID",
        &["StringEquals", "StringNotEquals"],
        &["o-genesys0001", "o-customer001"],
        &["", "o-genesys0001", "o-customer001", "o-stranger001"],
    ),
    (
        "aws:MultiFactorAuthPresent",
        &["Bool", "BoolIfExists", "Null"],
        &["true", "false"],
        &["", "true", "false"],
    ),
    (
        "aws:MultiFactorAuthAge",
        &["NumericLessThan", "NumericGreaterThanEquals", "NumericEquals", "NumericNotEquals"],
        &["300", "3600", "0"],
        &["", "0", "1", "299", "300", "300.5", "301", "3600", "3601"],
    ),
    (
        "aws:CurrentTime",
        &["DateLessThan", "DateGreaterThan", "DateEquals"],
        &["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"],
        &[
            "2025-12-31T23:59:59Z",
            "2026-01-01T00:00:00Z",
            "2026-06-01T00:00:00Z",
            "2027-01-01T00:00:00Z",
            "2030-01-01T00:00:00Z",
        ],
    ),
    (
        "sts:RoleSessionName",
        &["StringEquals", "StringLike", "StringNotLike"],
        &["genesys", "gen*", "${aws:PrincipalAccount}"],
        &["genesys", "generic", "other", "765628985471"],
    ),
    (
        "aws:RequestTag/team",
        &["StringEquals", "StringNotEquals", "Null", "StringLikeIfExists"],
        &["a", "b*", "true"],
        &["", "", "a", "b", "bc", "x"],
    ),
    (
        "aws:TagKeys",
        &["ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals", "Null"],
        &["team", "cost", "true"],
        &["", "", "team", "team,cost", "x", "team,x"],
    ),
    (
        "sts:SourceIdentity",
        &["StringEquals", "StringNotLike", "Null"],
        &["ada", "a*", "false"],
        &["", "", "ada", "bob"],
    ),
    (
        "custom:key",
        &["StringEquals", "ForAllValues:StringLike", "ForAnyValue:StringLike", "StringEqualsIfExists"],
        &["p", "p*", "*q"],
        &["", "p", "pq", "q", "x"],
    ),
    (
        "aws:ResourceTag/team",
        &["StringLike", "StringNotEquals", "ArnLike", "BinaryEquals"],
        &["arn:aws:*:*:*:x", "YWI=", "team"],
        &["", "team", "arn:aws:s3:r:a:x", "YWI=", "YWJ="],
    ),
];

const PRINCIPALS: [&str; 8] = [
    GENESYS,
    "765628985471",
    "arn:aws:iam::765628985471:role/genesys-service",
    "222233334444",
    "arn:aws:iam::222233334444:user/ops/ada",
    "arn:aws:sts::222233334444:assumed-role/batch/nightly",
    "arn:aws:iam::111122223333:root",
    "*",
];

pub(super) const CALLERS: [&str; 16] = [
    "arn:aws:sts::765628985471:assumed-role/genesys-batch/run",
    "arn:aws:iam::765628985471:user/genesys/ada",
    "arn:aws:iam::222233334444:user/ada",
    "arn:aws:sts::765628985471:assumed-role/genesys-service/run",
    "arn:aws:sts::765628985471:assumed-role/other/run",
    "arn:aws:iam::765628985471:user/someone",
    "arn:aws:sts::222233334444:assumed-role/batch/nightly",
    "arn:aws:sts::222233334444:assumed-role/batch/daily",
    "arn:aws:iam::222233334444:user/ops/ada",
    "arn:aws:iam::222233334444:user/bob",
    "arn:aws:sts::111122223333:assumed-role/admin/ada",
    "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/me",
    "arn:aws:sts::333344445555:assumed-role/genesys-x/run",
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "accounts.google.com",
];

fn condition(dice: &mut Dice) -> Value {
    let mut block = json!({});
    if !dice.one_in(4) {
        let mut operator = (*dice.pick(&STRING_OPERATORS)).to_owned();
        if dice.one_in(5) {
            operator.push_str("IfExists");
        }
        match dice.roll(12) {
            0 => operator = format!("ForAllValues:{operator}"),
            1 => operator = format!("ForAnyValue:{operator}"),
            2 => operator = "Null".to_owned(),
            _ => {}
        }
        let values: Vec<&str> = if operator == "Null" {
            vec![*dice.pick(&["true", "false"])]
        } else if dice.one_in(2) {
            vec![EXTERNAL_ID]
        } else {
            dice.some(&IDS, 2)
        };
        block[operator] = json!({"sts:ExternalId": values});
    }
    for _ in 0..dice.roll(3) {
        let (key, operators, values, _) = dice.pick(&KEYS);
        let operator = *dice.pick(operators);
        let values =
            if operator == "Null" { vec![*dice.pick(&["true", "false"])] } else { dice.some(values, 2) };
        block[operator][*key] = json!(values);
    }
    block
}

pub(super) fn trust_document(dice: &mut Dice) -> Value {
    let statements: Vec<Value> = (0..=dice.roll(3))
        .map(|number| {
            let deny = number > 0 && dice.one_in(3);
            let mut statement = json!({"Effect": if deny { "Deny" } else { "Allow" }});
            let named = match dice.roll(12) {
                0 => json!({"Service": "lambda.amazonaws.com"}),
                1 => json!({"Federated": "accounts.google.com"}),
                2..=7 => json!({"AWS": GENESYS}),
                _ => json!({"AWS": dice.some(&PRINCIPALS, 2)}),
            };
            let element = if deny && dice.one_in(3) { "NotPrincipal" } else { "Principal" };
            statement[element] = named;
            let actions = [
                "sts:AssumeRole",
                "sts:AssumeRole",
                "sts:AssumeRole",
                "sts:*",
                "sts:TagSession",
                "sts:Assume*",
                "sts:SetSourceIdentity",
                "*",
                "STS:ASSUMEROLE",
                "s*:AssumeRole",
                "sts:AssumeRoleWithWebIdentity",
            ];
            let element = if dice.one_in(15) { "NotAction" } else { "Action" };
            statement[element] = json!(dice.some(&actions, 2));
            if !dice.one_in(5) {
                statement["Condition"] = condition(dice);
            }
            statement
        })
        .collect();
    json!({"Version": if dice.one_in(6) { "2008-10-17" } else { "2012-10-17" }, "Statement": statements})
}

/// What a request may have for a key: nothing, one value, or several.
fn value(dice: &mut Dice, values: &[&str], key: &str) -> Option<ContextValue> {
    let text = *dice.pick(values);
    match text {
        "" => None,
        _ if key == "aws:TagKeys" => {
            Some(ContextValue::from(text.split(',').map(str::to_owned).collect::<Vec<_>>()))
        }
        _ if key == "custom:key" && dice.one_in(3) => {
            Some(ContextValue::from(vec![text.to_owned(), (*dice.pick(&["p", "pq", "x"])).to_owned()]))
        }
        _ => Some(ContextValue::from(text)),
    }
}

pub(super) fn context(dice: &mut Dice, with_id: bool) -> Context {
    let mut context = Context::new();
    for (key, _, _, values) in KEYS.iter().filter(|(_, _, _, values)| !values.is_empty()) {
        // Most keys in most requests are as plain as they can be; times and session names are always there.
        let text = if dice.one_in(3) || !values.contains(&"") { value(dice, values, key) } else { None };
        if let Some(text) = text {
            context.set(*key, text);
        }
    }
    if with_id {
        let ids = [
            EXTERNAL_ID,
            EXTERNAL_ID,
            "5F6B2C1E-8A3D-4C7F-9B1E-2D4F6A8C0E13",
            "5f6b-x",
            "an-old-tenant",
            "12345",
            "0012345",
            "7",
            "zz",
            "5f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e1z",
        ];
        if !dice.one_in(3) {
            context.set("sts:ExternalId", *dice.pick(&ids));
        }
    }
    context
}

const ACTIONS: [&str; 10] = [
    "l*:InvokeFunction",
    "lambda:InvokeFunction",
    "lambda:InvokeFunction",
    "lambda:InvokeFunction",
    "lambda:invokefunction",
    "lambda:Invoke*",
    "lambda:*",
    "*",
    "s3:GetObject",
    "lambda:Invoke?unction",
];

pub(super) fn permission_document(dice: &mut Dice, effects: &[&str]) -> Value {
    let orders = "arn:aws:lambda:us-east-1:111122223333:function:orders";
    let resources = [
        FUNCTION,
        FUNCTION,
        QUALIFIED,
        QUALIFIED,
        "*",
        "arn:aws:lambda:us-east-1:111122223333:function:*",
        "arn:aws:lambda:*:111122223333:function:orders",
        "arn:aws:lambda:us-east-1:111122223333:function:orders:*",
        "arn:aws:lambda:us-east-1:111122223333:function:order?",
        "arn:aws:lambda:us-east-1:*:live",
        "arn:aws:lambda:us-east-1:${aws:PrincipalAccount}:function:${aws:PrincipalTag/function}",
        "arn:aws:lambda:us-east-1:111122223333:function:${aws:PrincipalAccount}",
    ];
    let statements: Vec<Value> = (0..=dice.roll(3))
        .map(|number| {
            let mut statement = json!({"Effect": if number == 0 { "Allow" } else { *dice.pick(effects) }});
            let element = if dice.one_in(8) { "NotAction" } else { "Action" };
            statement[element] = json!(dice.some(&ACTIONS, 1));
            let element = if dice.one_in(8) { "NotResource" } else { "Resource" };
            statement[element] =
                if dice.one_in(2) { json!([FUNCTION, QUALIFIED]) } else { json!(dice.some(&resources, 2)) };
            if dice.one_in(2) && statement.to_string().contains(orders) {
                let mut block = json!({});
                let (key, operators, values, _) = dice.pick(&KEYS);
                let operator = *dice.pick(operators);
                let values = if operator == "Null" {
                    vec![*dice.pick(&["true", "false"])]
                } else {
                    dice.some(values, 2)
                };
                block[operator][*key] = json!(values);
                statement["Condition"] = block;
            }
            statement
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}
