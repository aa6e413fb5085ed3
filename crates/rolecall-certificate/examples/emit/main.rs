//! Documents with our verdicts and their certificates as JSON lines, for `tests/solvers/run`.
//!
//!     emit [--shipped] [--broken] [--mutations EVERY] [--random N] [--stated N] [--differential N] [--functions N] [--lines FILE]...
//!
//! `--lines` reads JSON lines `{"name", "trust", "permissions": [...], "boundary", "intent": {"role", "trusted": [...],
//! "external_id", "targets": [...], "allow": ["ACTION=RESOURCE", ...]}}`; everything but one of the documents may be left out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    unreachable_pub,
    reason = "a tool for tests that must fail loudly, and files that the tests of rolecall-iam share"
)]

mod broken;
mod case;
mod differential;
mod functions;
#[path = "../../../rolecall-iam/tests/proof/mutants.rs"]
mod mutants;
#[path = "../../../rolecall-iam/tests/proof/random.rs"]
mod random;
#[path = "../../../rolecall-iam/tests/proof/support.rs"]
mod support;

use std::io::{BufWriter, Write as _};

use serde_json::{Value, json};

use case::Case;
use random::Dice;
use rolecall_iam::arn::FunctionArn;
use rolecall_iam::prove::{Allowance, Use};

fn main() {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut arguments = std::env::args().skip(1);
    let mut print = |lines: Vec<Value>| {
        for line in lines {
            writeln!(out, "{line}").unwrap();
        }
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
        match argument.as_str() {
            "--shipped" => shipped().iter().for_each(|case| print(case.lines())),
            "--broken" => print(broken::lines()),
            "--mutations" => mutations(value().parse().unwrap()).for_each(|case| print(case.lines())),
            "--stated" => stated(value().parse().unwrap()).for_each(|case| print(case.lines())),
            "--random" => random_cases(value().parse().unwrap()).for_each(|case| print(case.lines())),
            "--differential" => {
                differential::lines(value().parse().unwrap()).for_each(|line| print(vec![line]));
            }
            "--functions" => functions::lines(value().parse().unwrap()).for_each(|line| print(vec![line])),
            "--lines" => lines(&value()).iter().for_each(|case| print(case.lines())),
            other => panic!("unknown argument {other}"),
        }
    }
}

fn folder() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(path)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The templates in `policies/`, and every pitfall.
fn shipped() -> Vec<Case> {
    let mut trust = read("policies/trust.json");
    trust["Statement"][0]["Principal"]["AWS"] = json!([support::GENESYS]);
    trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = json!(support::EXTERNAL_ID);
    let mut invoke = read("policies/invoke.json");
    invoke["Statement"][0]["Resource"] = json!([support::FUNCTION, support::QUALIFIED]);
    let mut cases = vec![
        Case::trust("policies/trust.json", trust.clone()),
        Case::permissions("policies/invoke.json", vec![invoke.clone()], None),
        Case::permissions("policies/invoke.json as its own boundary", vec![invoke.clone()], Some(invoke)),
    ];
    let mut files: Vec<_> = std::fs::read_dir(folder().join("tests/commands/files/pitfalls"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    cases.extend(grants());
    for file in files {
        let value = read(&format!("tests/commands/files/pitfalls/{file}"));
        cases.push(Case::trust(&file, value).with_external_id("5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"));
    }
    cases
}

/// The templates of grants, each with what it is for.
fn grants() -> Vec<Case> {
    let [bucket, objects] = ["arn:aws:s3:::recordings", "arn:aws:s3:::recordings/genesys/*"];
    let key = "arn:aws:kms:us-east-1:111122223333:key/0f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13";
    let s3 = "s3.us-east-1.amazonaws.com";
    let [v1, v1_all] =
        ["prod", "*"].map(|it| format!("arn:aws:lex:us-east-1:111122223333:bot:OrderFlowers:{it}"));
    let [v2, v2_bot] = ["bot-alias/ABCDEFGHIJ/KLMNOPQRST", "bot/ABCDEFGHIJ"]
        .map(|it| format!("arn:aws:lex:us-east-1:111122223333:{it}"));
    let filled = |name: &str, fillings: &[(&str, &str)]| {
        let path = format!("policies/{name}.json");
        let mut text = std::fs::read_to_string(folder().join(&path)).unwrap();
        for (placeholder, value) in fillings {
            text = text.replace(&format!("{{{{{placeholder}}}}}"), value);
        }
        let policy: Value = serde_json::from_str(&text).unwrap();
        let uses = uses_of(&policy);
        Case::permissions(&path, vec![policy], None).stating(Allowance::of(uses), Vec::new())
    };
    vec![
        filled("s3-recordings", &[("buckets", bucket), ("recordings", objects)]),
        filled("s3-recordings-key", &[("keys", key), ("s3_service", s3)]),
        filled("lex", &[("bot_aliases", &v1), ("bots", &v1_all)]),
        filled("lex-v2", &[("bot_aliases", &v2), ("bots", &v2_bot)]),
        filled("polly", &[]),
    ]
}

/// Each action of a template on its resource.
fn uses_of(policy: &Value) -> Vec<Use> {
    let statements = policy["Statement"].as_array().unwrap();
    let of_statement = |statement: &Value| -> Vec<Use> {
        let actions = match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        };
        let resource = statement["Resource"].as_str().unwrap();
        let conditions = statement["Condition"]["StringEquals"].as_object();
        let stated = |action: &Value| {
            let stated = Use::new(action.as_str().unwrap(), resource).unwrap();
            let conditions = conditions.into_iter().flatten();
            conditions.fold(stated, |stated, (key, value)| stated.when(key, value.as_str().unwrap()).unwrap())
        };
        actions.iter().map(stated).collect()
    };
    statements.iter().flat_map(of_statement).collect()
}

/// What is meant besides functions, with documents that say it, a little more, or a little less.
fn stated(count: u64) -> impl Iterator<Item = Case> {
    const PAIRS: [(&str, &str); 8] = [
        ("s3:PutObject", "arn:aws:s3:::recordings/genesys/*"),
        ("s3:Put*", "arn:aws:s3:::recordings/*"),
        ("s3:GetBucketLocation", "arn:aws:s3:::recordings"),
        ("sts:AssumeRole", "*"),
        ("polly:SynthesizeSpeech", "*"),
        ("lex:*", "arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/*"),
        ("lambda:InvokeFunction", support::FUNCTION),
        ("kms:GenerateDataKey", "arn:aws:kms:us-east-1:111122223333:key/1"),
    ];
    (0..count).map(|number| {
        let mut dice = Dice(number ^ 0x57a7ed);
        let pairs: Vec<(&str, &str)> = (0..=dice.roll(2)).map(|_| *dice.pick(&PAIRS)).collect();
        let via = ("kms:ViaService", "s3.us-east-1.amazonaws.com");
        let when = dice.one_in(3);
        let uses: Vec<Use> = pairs
            .iter()
            .map(|(action, resource)| {
                let stated = Use::new(action, resource).unwrap();
                if when { stated.when(via.0, via.1).unwrap() } else { stated }
            })
            .collect();
        let statements: Vec<Value> = pairs
            .iter()
            .map(|(action, resource)| {
                let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
                if when {
                    statement["Condition"] = json!({"StringEquals": {via.0: via.1}});
                }
                changed(statement, &mut dice)
            })
            .collect();
        let targets = if dice.one_in(3) { vec![support::FUNCTION.parse().unwrap()] } else { Vec::new() };
        let invoke = targets.iter().map(|target: &FunctionArn| {
            json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": target.to_string()})
        });
        let statements: Vec<Value> = statements.into_iter().chain(invoke).collect();
        let limited = dice.one_in(4);
        let policy = json!({"Version": "2012-10-17", "Statement": statements});
        let boundary = limited.then(|| {
            let (action, resource) = *dice.pick(&PAIRS);
            json!({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": action, "NotResource": resource}]})
        });
        Case::permissions(&format!("stated {number}"), vec![policy], boundary)
            .stating(Allowance::of(uses), targets)
    })
}

/// A statement with at most one change, half of the time.
fn changed(mut statement: Value, dice: &mut Dice) -> Value {
    match dice.roll(12) {
        0 => statement["Resource"] = json!("*"),
        1 => statement["Action"] = json!("s3:*"),
        2 => {
            statement["Condition"] =
                json!({"StringEqualsIfExists": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}})
        }
        3 => statement["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}}),
        4 => {
            statement.as_object_mut().unwrap().remove("Resource");
            statement["NotResource"] = json!("arn:aws:iam::111122223333:role/admin");
        }
        5 => {
            statement.as_object_mut().unwrap().remove("Condition");
        }
        _ => {}
    }
    statement
}

/// Every so many single-step mutations of the templates.
fn mutations(every: usize) -> impl Iterator<Item = Case> {
    let trust = mutants::trust_mutations().into_iter().enumerate();
    let trust = trust.map(|(number, value)| Case::trust(&format!("trust mutation {number}"), value));
    let invoke = mutants::invoke_mutations().into_iter().enumerate();
    let invoke = invoke
        .map(|(number, value)| Case::permissions(&format!("invoke mutation {number}"), vec![value], None));
    trust.chain(invoke).step_by(every)
}

/// Random trust policies and permissions, one after the other.
fn random_cases(count: u64) -> impl Iterator<Item = Case> {
    (0..count).map(|number| {
        let mut dice = Dice(number);
        let name = format!("random {number}");
        match number % 2 {
            0 => Case::trust(&name, random::trust_document(&mut dice)),
            _ => {
                let identity: Vec<Value> = (0..=dice.roll(2))
                    .map(|_| random::permission_document(&mut dice, &["Allow", "Allow", "Deny"]))
                    .collect();
                let limited = dice.one_in(3);
                let boundary = limited.then(|| random::permission_document(&mut dice, &["Allow", "Deny"]));
                Case::permissions(&name, identity, boundary)
            }
        }
    })
}

/// Cases from a file of JSON lines.
fn lines(path: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let lines = text.lines().filter(|line| !line.trim().is_empty()).enumerate();
    lines
        .map(|(number, line)| {
            let value: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}:{}: {error}", number + 1));
            Case::read(&format!("{path}:{}", number + 1), &value)
        })
        .collect()
}
