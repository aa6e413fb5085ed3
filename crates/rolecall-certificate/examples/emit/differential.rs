//! Random policies and concrete requests: with every constant fixed, a solver must say what the evaluator says.

use rolecall_certificate::{Claim, Encoding, Named, Part, Script, Subject, certificates};
use rolecall_iam::arn::split_arn;
use rolecall_iam::context::{Context, ContextKey, ContextValue};
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Request, evaluate_trust};
use rolecall_iam::principal::Principal;
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::random::{self, CALLERS, Dice};
use super::support;

/// Keys that follow from the caller: the script asserts their values itself.
const FOLLOWING: [&str; 6] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
    "aws:principalisawsservice",
];

/// What patterns over a whole ARN are tried with: wildcards beside colons, other letters, paths with colons.
const ARN_PATTERNS: [&str; 10] = [
    "*:765628985471:role/*",
    "arn:aws:iam::7656*:role/*",
    "arn:aws:iam::*",
    "arn:*:user/*",
    "*role/genesys-?ervice",
    "arn:aws:iam::222233334444:user/*:*",
    "*:222233334444:*",
    "arn:aws:iam::????????????:user/ada",
    "**5471*role*",
    "arn:aws:iam::765628985471:role/genesys-service",
];

/// Callers besides those of the random requests.
const COLONS: [&str; 3] = [
    "arn:aws:iam::222233334444:user/:765628985471:role/x",
    "arn:aws:iam::765628985471:user/a:b/*",
    "arn:aws:iam::222233334444:role/x:222233334444:user/ada",
];

pub fn lines(count: u64) -> impl Iterator<Item = Value> {
    (0..count).flat_map(one)
}

fn one(number: u64) -> Vec<Value> {
    let mut dice = Dice(number ^ 0xd1ff);
    let mut value = random::trust_document(&mut dice);
    if dice.one_in(2) {
        let operator =
            *dice.pick(&["StringLike", "StringNotLike", "ArnLike", "StringEqualsIgnoreCase", "StringEquals"]);
        value["Statement"][0]["Principal"] = json!({"AWS": "*"});
        value["Statement"][0]["Condition"][operator]["aws:PrincipalArn"] = json!(dice.pick(&ARN_PATTERNS));
    }
    let Ok(document) = Document::from_value(&value) else { return Vec::new() };
    let callers: Vec<&str> = CALLERS.into_iter().chain(COLONS).collect();
    let principal: Principal = match dice.pick(&callers).parse() {
        Ok(principal) => principal,
        Err(_) => return Vec::new(),
    };
    let Some(arn) = arn_of(&principal) else { return Vec::new() };
    let with_id = dice.one_in(2);
    let mut context = random::context(&mut dice, true);
    if with_id {
        context.set("sts:ExternalId", support::EXTERNAL_ID);
    }
    // What STS never sees: an ID of one character, a call without a region.
    if context.get(&ContextKey::new("sts:ExternalId")) == Some(&ContextValue::from("7")) {
        context.set("sts:ExternalId", "77");
    }
    context.set("aws:RequestedRegion", *dice.pick(&["us-east-1", "eu-west-1"]));
    let context = mentioned(&context, &value);
    let request = Request {
        principal: principal.clone(),
        action: "sts:AssumeRole".to_owned(),
        resource: support::ROLE.to_owned(),
        resource_account: None,
        context: context.clone(),
    };
    let verdict = match evaluate_trust(&request, &document).allows {
        Truth::True => "refuted",
        Truth::False => "proved",
        Truth::Unknown => "unknown",
    };
    // The claim that nobody but somebody else can: its negation is that the caller can.
    let subject = Subject {
        role: support::ROLE.parse().ok(),
        trusted: vec![Principal::Service("nobody.amazonaws.com".to_owned())],
        ..Subject::default()
    };
    let scripts = certificates(Some(Named { name: "trust", document: &document }), None, &subject);
    let proofs = scripts.into_iter().filter(|script| script.claim == Claim::OnlyTrusted);
    proofs
        .filter_map(|script| {
            let (part, caller) = fixed_caller(&script, &principal, &arn)?;
            let text = fixed(&script.text, &caller, &context);
            Some(json!({
                "name": format!("differential {number}"),
                "documents": {"trust": value, "request": format!("{request:?}")},
                "claim": "differential", "part": part, "verdict": verdict, "why": format!("{request:?}"),
                "possible": "none", "checks": script.checks, "loosened": script.loosened, "free": [], "text": text,
            }))
        })
        .collect()
}

/// The keys that the document asks about. A script has no others, and nobody has to pass tags or a source identity.
fn mentioned(context: &Context, document: &Value) -> Context {
    let document = document.to_string().to_ascii_lowercase();
    let mut result = Context::new();
    for (key, value) in context.iter().filter(|(key, _)| document.contains(key.folded())) {
        result.set(key.clone(), value.clone());
    }
    result
}

fn arn_of(principal: &Principal) -> Option<String> {
    match principal {
        Principal::User { .. } => Some(principal.to_string()),
        Principal::RoleSession { partition, account, path, role, session: _ } => {
            let path = path.as_ref().map_or("/", |path| path.as_str());
            Some(format!("arn:{partition}:iam::{account}:role{path}{role}"))
        }
        _ => None,
    }
}

fn fixed_caller(script: &Script, principal: &Principal, arn: &str) -> Option<(&'static str, String)> {
    let kind = if matches!(principal, Principal::User { .. }) { 1 } else { 2 };
    let [_, _, _, _, account, resource] = split_arn(arn)?;
    let mut text = format!("(assert (= kind {kind}))\n");
    let part = match script.part {
        Part::Proof(Encoding::Parts) => {
            text.push_str(&format!("(assert (and (= acct \"{account}\") (= res \"{resource}\")))\n"));
            "parts"
        }
        Part::Proof(Encoding::Whole) => {
            text.push_str(&format!("(assert (= arn \"{arn}\"))\n"));
            "whole"
        }
        Part::Vacuity => return None,
    };
    if let (Principal::RoleSession { session, .. }, true) =
        (principal, script.text.contains("caller_session"))
    {
        text.push_str(&format!("(assert (= caller_session \"{session}\"))\n"));
    }
    Some((part, text))
}

/// The script with the caller and every key fixed.
fn fixed(script: &str, caller: &str, context: &Context) -> String {
    let mut facts = caller.to_owned();
    let mut key = None;
    for line in script.lines() {
        if let Some(name) = line.strip_prefix("; --- ") {
            key = name.contains(':').then(|| name.to_owned()).filter(|name| !name.contains(' '));
        }
        let (Some(key), Some(rest)) = (&key, line.strip_prefix("(declare-const ")) else { continue };
        let (constant, sort) = rest.trim_end_matches(')').split_once(' ').unwrap();
        if FOLLOWING.contains(&key.as_str()) || constant.ends_with(".six") {
            continue;
        }
        facts.push_str(&fact(constant, sort, context.get(&ContextKey::new(key)), key));
    }
    script.replacen("; --- Check:", &format!("{facts}; --- Check:"), 1)
}

/// What a constant is for a value of the context.
fn fact(constant: &str, sort: &str, value: Option<&ContextValue>, key: &str) -> String {
    let values: Vec<&str> = match value {
        None | Some(ContextValue::Absent) => Vec::new(),
        Some(ContextValue::One(value)) => vec![value],
        Some(ContextValue::Many(values)) => values.iter().map(String::as_str).collect(),
    };
    let bare = constant.strip_suffix(".present");
    let slot = bare.unwrap_or(constant).rsplit_once('.').and_then(|(_, slot)| slot.parse::<usize>().ok());
    let value = values.get(slot.unwrap_or(1) - 1);
    match (bare, value) {
        (Some(_), Some(_)) => format!("(assert {constant})\n"),
        (Some(_), None) => format!("(assert (not {constant}))\n"),
        (None, None) => String::new(),
        (None, Some(value)) => match sort {
            "String" => format!("(assert (= {constant} \"{value}\"))\n"),
            "Bool" => format!("(assert (= {constant} {value}))\n"),
            _ => number(constant, value, key),
        },
    }
}

fn number(constant: &str, value: &str, key: &str) -> String {
    let number = match key {
        "aws:currenttime" => match nanoseconds(value) {
            Some(number) => number,
            None => return String::new(),
        },
        // Random documents compare whole numbers, which scripts hold with one decimal.
        "aws:multifactorauthage" => match value.split_once('.') {
            Some((whole, tenths)) => format!("{whole}{tenths}"),
            None if value == "0" => "0".to_owned(),
            None => format!("{value}0"),
        },
        "aws:sourceip" => match value.parse().unwrap() {
            std::net::IpAddr::V4(address) => {
                return format!(
                    "(assert (and (not {constant}.six) (= {constant} {})))\n",
                    u32::from(address)
                );
            }
            std::net::IpAddr::V6(address) => {
                return format!("(assert (and {constant}.six (= {constant} {})))\n", u128::from(address));
            }
        },
        _ => return String::new(),
    };
    format!("(assert (= {constant} {number}))\n")
}

/// The few moments of the random requests.
fn nanoseconds(value: &str) -> Option<String> {
    let seconds = match value {
        "2025-12-31T23:59:59Z" => 1_767_225_599_u64,
        "2026-01-01T00:00:00Z" => 1_767_225_600,
        "2026-06-01T00:00:00Z" => 1_780_272_000,
        "2027-01-01T00:00:00Z" => 1_798_761_600,
        "2030-01-01T00:00:00Z" => 1_893_456_000,
        _ => return None,
    };
    Some(format!("{seconds}000000000"))
}
