//! What a decision and a proof cost, in time on the processor, so that other work on the machine counts as little as
//! possible. Documents and requests are made before the clock starts; `../README.md` has the figures.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark that cannot go on must fail loudly")]

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rolecall::iam::context::Context;
use rolecall::iam::document::Document;
use rolecall::iam::evaluate::{Decision, Layers, Level, Request, evaluate, evaluate_trust};
use rolecall::iam::lint::{PolicyFacts, TrustFacts, lint_permissions, lint_trust};
use rolecall::iam::prove::{
    ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, prove_permissions, prove_trust,
};
use serde_json::{Value, json};

const GENESYS: &str = "arn:aws:iam::765628985471:root";
const EXTERNAL_ID: &str = "5f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13";
const ROLE: &str = "arn:aws:iam::111122223333:role/GenesysDataActionRole";
/// Targets in one managed policy: so many ARNs of this length fit into its 6,144 characters.
const TARGETS_A_POLICY: usize = 70;

/// Criterion's own clock with the processor's time in place of the wall's.
struct ProcessorTime;

impl Measurement for ProcessorTime {
    type Intermediate = ThreadTime;
    type Value = Duration;

    fn start(&self) -> ThreadTime {
        ThreadTime::now()
    }

    fn end(&self, start: ThreadTime) -> Duration {
        start.elapsed()
    }

    fn add(&self, left: &Duration, right: &Duration) -> Duration {
        *left + *right
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn document(value: &Value) -> Document {
    Document::from_value(value).unwrap()
}

fn statements(list: &Value) -> Document {
    document(&json!({"Version": "2012-10-17", "Statement": list}))
}

fn trust_value() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "GenesysCloud",
            "Effect": "Allow",
            "Principal": {"AWS": GENESYS},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }],
    })
}

fn target(number: usize) -> String {
    format!("arn:aws:lambda:us-east-1:111122223333:function:genesys-data-action-{number:04}")
}

fn invoke_value(targets: std::ops::Range<usize>) -> Value {
    let targets: Vec<String> = targets.map(target).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "InvokeTargets",
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": targets,
        }],
    })
}

fn request(principal: &str, action: &str, resource: &str, context: Context) -> Request {
    Request {
        principal: principal.parse().unwrap(),
        action: action.to_owned(),
        resource: resource.to_owned(),
        resource_account: None,
        context,
    }
}

fn assume(principal: &str, context: Context) -> Request {
    request(principal, "sts:AssumeRole", ROLE, context)
}

fn id(value: &str) -> Context {
    Context::new().with("sts:ExternalId", value)
}

/// One `sts:AssumeRole` after another, the documents parsed.
fn decisions(criterion: &mut Criterion<ProcessorTime>) {
    let trust = document(&trust_value());
    let caller_side = statements(&json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]));
    let layers = Layers {
        identity: vec![&caller_side],
        boundary: Some(vec![&caller_side]),
        resource: Some(&trust),
        ..Layers::default()
    };
    let caller = "arn:aws:sts::765628985471:assumed-role/genesys-service/run";
    let right = assume(caller, id(EXTERNAL_ID));
    let wrong = assume(caller, id("an-old-tenant"));
    assert_eq!(evaluate_trust(&right, &trust).decision, Decision::Allowed);
    assert_eq!(evaluate(&right, &layers).decision, Decision::Allowed);
    assert_eq!(evaluate_trust(&wrong, &trust).decision, Decision::ImplicitlyDenied);

    let mut group = criterion.benchmark_group("decision");
    group.throughput(Throughput::Elements(1));
    group.bench_function("trust side, allowed", |bench| {
        bench.iter(|| evaluate_trust(black_box(&right), black_box(&trust)));
    });
    group.bench_function("trust side, wrong external ID", |bench| {
        bench.iter(|| evaluate_trust(black_box(&wrong), black_box(&trust)));
    });
    group.bench_function("with the caller's policies", |bench| {
        bench.iter(|| evaluate(black_box(&right), black_box(&layers)));
    });
    group.finish();
}

/// Callers × external IDs × circumstances for the role, then what a session asks for.
fn probes() -> (Vec<Request>, Vec<Request>) {
    let callers = [
        "arn:aws:iam::765628985471:role/genesys-service",
        "arn:aws:sts::765628985471:assumed-role/genesys-service/run",
        "arn:aws:sts::765628985471:assumed-role/another/run",
        "arn:aws:iam::765628985471:user/someone",
        "arn:aws:iam::222233334444:role/third-party",
        "arn:aws:iam::111122223333:role/admin",
        "arn:aws:iam::111122223333:user/ada",
        "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/me",
        "lambda.amazonaws.com",
        "accounts.google.com",
    ];
    let flipped = EXTERNAL_ID.to_ascii_uppercase();
    let longer = format!("{EXTERNAL_ID}x");
    let longest = "x".repeat(1224);
    let same_length = EXTERNAL_ID.replace('5', "6");
    let (shorter, _) = EXTERNAL_ID.split_at(20);
    let ids = [
        Some(EXTERNAL_ID),
        Some(same_length.as_str()),
        Some(flipped.as_str()),
        Some(shorter),
        Some(longer.as_str()),
        None,
        Some("zz"),
        Some(longest.as_str()),
        Some("*"),
    ];
    let circumstances: [fn(Context) -> Context; 6] = [
        |context| context,
        |context| context.with("aws:RequestTag/team", "a").with("aws:TagKeys", vec!["team".to_owned()]),
        |context| context.with("sts:SourceIdentity", "ada"),
        |context| context.with("aws:MultiFactorAuthPresent", "false"),
        |context| context.with("aws:SourceIp", "203.0.113.7"),
        |context| context.with("aws:PrincipalOrgID", "o-stranger001"),
    ];
    let mut for_role = Vec::new();
    for caller in callers {
        for external_id in ids {
            for circumstance in circumstances {
                let context = external_id.map_or_else(Context::new, id);
                for_role.push(assume(caller, circumstance(context)));
            }
        }
    }
    let session = "arn:aws:sts::111122223333:assumed-role/GenesysDataActionRole/run";
    let own = target(0);
    let resources = [
        own.clone(),
        format!("{own}:live"),
        format!("{own}:1"),
        format!("{own}:$LATEST"),
        format!("{own}-sibling"),
        own.replace("us-east-1", "eu-west-1"),
        own.replace("111122223333", "222233334444"),
        "*".to_owned(),
    ];
    let actions = [
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
        "lambda:InvokeAsync",
        "lambda:GetFunction",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:AddPermission",
        "iam:CreateUser",
        "sts:AssumeRole",
        "s3:ListAllMyBuckets",
        "kms:Decrypt",
    ];
    let for_session = resources
        .iter()
        .flat_map(|resource| actions.iter().map(|action| request(session, action, resource, Context::new())))
        .collect();
    (for_role, for_session)
}

/// Every probe, each with and without boundary, session policy, service control policy and resource control policy.
fn matrix(criterion: &mut Criterion<ProcessorTime>) {
    let (for_role, for_session) = probes();
    let trust = document(&trust_value());
    let invoke = document(&invoke_value(0..50));
    let everything = statements(&json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]));
    let guard = statements(&json!([
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:*", "organizations:*"], "Resource": "*"},
    ]));
    let perimeter = statements(&json!([{
        "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-stranger001"}},
    }]));
    let sides = [(&everything, Some(&trust), &for_role), (&invoke, None, &for_session)];
    let mut asked: Vec<(&Request, Layers<'_>)> = Vec::new();
    for (identity, resource, requests) in sides {
        for choice in 0..16_u32 {
            let has = |bit: u32| choice & bit != 0;
            let level = |document| vec![Level { documents: vec![document] }];
            let layers = Layers {
                identity: vec![identity],
                boundary: has(1).then(|| vec![&guard]),
                session: has(2).then(|| vec![&guard]),
                resource,
                service_control: if has(4) { level(&guard) } else { Vec::new() },
                resource_control: if has(8) { level(&perimeter) } else { Vec::new() },
            };
            asked.extend(requests.iter().map(|request| (request, layers.clone())));
        }
    }
    let mut group = criterion.benchmark_group("probe matrix");
    group.throughput(Throughput::Elements(asked.len() as u64));
    group.bench_function(BenchmarkId::from_parameter(asked.len()), |bench| {
        bench.iter(|| {
            let allowed = asked
                .iter()
                .filter(|(request, layers)| evaluate(request, layers).decision == Decision::Allowed);
            black_box(allowed.count())
        });
    });
    group.finish();
}

fn intent(targets: usize) -> RoleIntent {
    RoleIntent {
        role: Some(ROLE.parse().unwrap()),
        trusted: vec![GENESYS.parse().unwrap()],
        external_id: Some(EXTERNAL_ID.parse().unwrap()),
        targets: Some((0..targets).map(|number| target(number).parse().unwrap()).collect()),
        allowance: None,
        further_ids: Vec::new(),
    }
}

fn prove(trust: &Document, permissions: &Permissions<'_>, intent: &RoleIntent) -> Vec<ClaimResult> {
    let mut results = prove_trust(trust, intent);
    results.extend(prove_permissions(permissions, intent));
    results
}

/// Every claim about a role, and every finding, over the number of its targets.
fn proofs(criterion: &mut Criterion<ProcessorTime>) {
    let trust = document(&trust_value());
    let mut group = criterion.benchmark_group("role");
    for targets in [10, 50, 100, 1_000] {
        let documents: Vec<Document> = (0..targets)
            .step_by(TARGETS_A_POLICY)
            .map(|first| document(&invoke_value(first..targets.min(first + TARGETS_A_POLICY))))
            .collect();
        let permissions = Permissions {
            identity: documents.iter().map(|document| NamedDocument { name: "invoke", document }).collect(),
            boundary: None,
        };
        let facts: Vec<PolicyFacts<'_>> = documents.iter().map(|_| PolicyFacts::default()).collect();
        let named = NamedDocument { name: "trust", document: &trust };
        let intent = intent(targets);
        assert!(prove(&trust, &permissions, &intent).iter().all(|claim| claim.result == Proof::Proved));
        group.throughput(Throughput::Elements(targets as u64));
        group.bench_function(BenchmarkId::new("proof, by targets", targets), |bench| {
            bench.iter(|| prove(black_box(&trust), black_box(&permissions), black_box(&intent)));
        });
        // A thousand take so long that forty samples would never end.
        if targets > 100 {
            continue;
        }
        group.bench_function(BenchmarkId::new("findings, by targets", targets), |bench| {
            bench.iter(|| {
                let mut found = lint_trust(&named, &intent, &TrustFacts::default());
                found.extend(lint_permissions(&permissions, &intent, &facts));
                found
            });
        });
    }
    group.finish();
}

/// A trust policy of so many tenants, each with an external ID of its own; the last is asked for.
fn tenants(count: usize) -> Value {
    let statements: Vec<Value> = (0..count)
        .map(|number| {
            json!({
                "Effect": "Allow",
                "Principal": {"AWS": GENESYS},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": format!("tenant-{number}")}},
            })
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Parsing, deciding and proving over the number of statements.
fn growth(criterion: &mut Criterion<ProcessorTime>) {
    let mut group = criterion.benchmark_group("trust policy");
    for count in [10, 100, 1_000] {
        let text = tenants(count).to_string();
        let trust = Document::parse(&text).unwrap();
        let caller = "arn:aws:sts::765628985471:assumed-role/genesys-service/run";
        let last = assume(caller, id(&format!("tenant-{}", count - 1)));
        assert_eq!(evaluate_trust(&last, &trust).decision, Decision::Allowed);
        let intent = RoleIntent { targets: None, ..intent(0) };
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("decision, by statements", count), |bench| {
            bench.iter(|| evaluate_trust(black_box(&last), black_box(&trust)));
        });
        group.bench_function(BenchmarkId::new("proof, by statements", count), |bench| {
            bench.iter(|| prove_trust(black_box(&trust), black_box(&intent)));
        });
        group.bench_function(BenchmarkId::new("parsing, by statements", count), |bench| {
            bench.iter(|| Document::parse(black_box(&text)));
        });
    }
    group.finish();
}

/// Text to documents.
fn parsing(criterion: &mut Criterion<ProcessorTime>) {
    let mut group = criterion.benchmark_group("parsing");
    for (name, value) in [("trust policy", trust_value()), ("70 targets", invoke_value(0..TARGETS_A_POLICY))]
    {
        let text = value.to_string();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bench| {
            bench.iter_batched(|| text.as_bytes(), Document::parse_bytes, BatchSize::SmallInput);
        });
    }
    group.finish();
}

criterion_group! {
    name = iam;
    config = Criterion::default().with_measurement(ProcessorTime).sample_size(40).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    targets = decisions, matrix, proofs, growth, parsing
}
criterion_main!(iam);
