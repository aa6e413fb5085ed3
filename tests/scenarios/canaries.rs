//! No command shows a secret: every input that can hold one holds one, every command runs at the highest verbosity, in every
//! format, with and without faults, and no part of a secret is in what it prints or writes.
//!
//! Deliberately absent: the state file of the sandbox, which is meant to hold made-up secrets; the Lambda function; and the client
//! of Genesys Cloud by itself, which `genesys::leaks` tests.

mod proxy;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rolecall::sandbox::{CUSTOMER, Fault, FaultRule, Faults, Principal, Secret, State};
use serde_json::{Value, json};

use self::proxy::{Answer, Form, Place, Proxy};
use super::stage::{EXTERNAL_ID, ROLE, Run, Stage, binary, manifest};

const CLIENT_SECRET: &str = "GcCanary/7Kp+Zw\"Qm&vT<8LrX=Yb3Nd";
const SESSION_TOKEN: &str = "FwoCanarySession/9Qz+Lm2Xv8Kt==Rb5Wn7Hj4";
const SERVERS_KEY: &str = "KeyCanary/3Hs6Qe+Vk8Yb5Nd2Zr9Lp";
const REST_PASSWORD: &str = "RestCanary-5Vt8Kq2Zr&Lp<Xw";
const DOCUMENT_PASSWORD: &str = "DocumentCanary-8Yb3Nd6Hs/Qe+Vk";
const STOCK_USER: &str = "StockUserCanary-6Fj2Xc9Pw";
const STOCK_PASSWORD: &str = "StockCanary/9Rt4Hd7Mq\"Vz&Lk<Ws";
const NOTIFY_SECRET: &str = "NotifyCanary-3Gb8Ys5Jn+Tx/Ce";
const NOTIFY_ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rolecall/notify-AbCdEf";
const SECRET_ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf";

const TARGETS: &str =
    "[[target]]\nfunction = \"my-genesys-trigger-function\"\n[[target]]\nfunction = \"customer-lookup\"\n";
const ACTION: &str = "Get order status";

/// Where the credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The environment.
    Environment,
    /// A configuration file, a role that is assumed, and Secrets Manager.
    Stored,
    /// The environment, with a session token that AWS refuses.
    Session,
}

/// What is there before the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    Boundary,
    Everything,
}

struct Case {
    /// The subcommands.
    command: &'static str,
    options: &'static [&'static str],
    before: Before,
    formats: &'static [&'static str],
    takes: Takes,
}

/// Which common options there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    Verbose,
    /// Also a deadline, since the command contacts services.
    Deadline,
}

const PLAIN: &[&str] = &[""];
const TWO: &[&str] = &["human", "json"];
const SOME: &[&str] = &["human", "json", "markdown"];
const PROOFS: &[&str] = &["human", "json", "sarif", "junit", "github", "markdown"];
const REPORTS: &[&str] = &["human", "json", "sarif", "junit", "github", "markdown", "html"];

const fn case(
    command: &'static str,
    options: &'static [&'static str],
    before: Before,
    formats: &'static [&'static str],
    takes: Takes,
) -> Case {
    Case { command, options, before, formats, takes }
}

const CASES: &[Case] = {
    use Before::{Boundary, Everything, Nothing};
    use Takes::{Deadline, Verbose};
    &[
        case(
            "init",
            &["--from-role", ROLE, "--genesys-region", "us-east-1", "--file", "other.toml"],
            Everything,
            PLAIN,
            Takes::Nothing,
        ),
        case(
            "init",
            &["--from-genesys", "--genesys-region", "us-east-1", "--role", ROLE, "--file", "other.toml"],
            Everything,
            PLAIN,
            Takes::Nothing,
        ),
        case("plan", &["--out", "plan.json", "--smtlib", "claims"], Boundary, REPORTS, Deadline),
        case("apply", &["--yes", "--level", "genesys"], Boundary, REPORTS, Deadline),
        case("verify", &["--level", "twin", "--explain"], Everything, REPORTS, Deadline),
        case("verify", &["--level", "genesys", "--yes"], Everything, TWO, Deadline),
        case(
            "verify",
            &["--explain-error", "AccessDenied: is not authorized to perform: sts:AssumeRole"],
            Everything,
            TWO,
            Deadline,
        ),
        case("drift", &[], Everything, REPORTS, Deadline),
        case("doctor", &[], Everything, TWO, Deadline),
        case("audit", &[], Everything, &["human", "json", "sarif", "csv", "html"], Deadline),
        case("destroy", &["--yes", "--replace"], Everything, TWO, Deadline),
        case("target add", &["orders-status", "--apply", "--yes"], Everything, TWO, Deadline),
        case("target remove", &["customer-lookup", "--apply", "--yes"], Everything, TWO, Deadline),
        case("target list", &[], Everything, TWO, Deadline),
        case("boundary apply", &["--yes"], Nothing, TWO, Deadline),
        case("boundary destroy", &["--yes"], Boundary, TWO, Deadline),
        case("render", &["--account", CUSTOMER, "--region", "us-east-1"], Nothing, TWO, Verbose),
        case(
            "render",
            &["--format", "terraform", "--account", CUSTOMER, "--region", "us-east-1"],
            Nothing,
            PLAIN,
            Verbose,
        ),
        case("prove", &["terraform.json"], Nothing, PROOFS, Takes::Nothing),
        case("prove", &["template.yaml", "--parameter", PARAMETER], Nothing, TWO, Takes::Nothing),
        case("simulate", &["cases.json", "--explain"], Nothing, TWO, Takes::Nothing),
        case("genesys whoami", &["--probe", "users"], Everything, SOME, Deadline),
        case("genesys connect", &["--yes", "--rewrite-credential"], Everything, TWO, Deadline),
        case(
            "genesys audit",
            &["--with-cloudtrail"],
            Everything,
            &["human", "json", "markdown", "csv"],
            Deadline,
        ),
        case("genesys metrics", &[], Everything, REPORTS, Deadline),
        case("handover write", &["--from", "genesys"], Everything, TWO, Deadline),
        case("handover check", &["handover.toml"], Everything, TWO, Deadline),
        case("genesys action list", &[], Everything, TWO, Deadline),
        case("genesys action test", &[ACTION, "--yes"], Everything, TWO, Deadline),
        case("genesys action export", &[ACTION, "--out", "exported.json"], Everything, TWO, Deadline),
        case("genesys action check", &[ACTION, "--answer", "answer.json"], Nothing, TWO, Verbose),
        case("genesys action import", &["imported.json", "--category", "Orders"], Nothing, TWO, Verbose),
        case("sandbox serve", &[], Nothing, TWO, Verbose),
        case("sandbox tamper", &["max-session"], Nothing, TWO, Verbose),
        case("sandbox reset", &[], Nothing, TWO, Verbose),
        case("explain", &["T8"], Nothing, PLAIN, Takes::Nothing),
        case("completions", &["bash"], Nothing, PLAIN, Takes::Nothing),
        case("man", &[], Nothing, PLAIN, Takes::Nothing),
    ]
};

const PARAMETER: &str = "Password=DocumentCanary-8Yb3Nd6Hs/Qe+Vk";

/// The subcommands without subcommands: each has a manual page, which clap makes from its definition.
fn leaves() -> BTreeSet<String> {
    let folder = tempfile::TempDir::new().unwrap();
    let pages = folder.path().join("pages");
    let status = binary(folder.path()).args(["man", "--dir", "pages"]).output().unwrap().status;
    assert!(status.success());
    let names =
        std::fs::read_dir(pages).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let path = |name: String| Some(name.strip_suffix(".1")?.strip_prefix("rolecall-")?.replace('-', " "));
    let all: BTreeSet<String> = names.filter_map(path).collect();
    let is_leaf = |path: &&String| !all.iter().any(|other| other.starts_with(&format!("{path} ")));
    all.iter().filter(is_leaf).cloned().collect()
}

#[test]
fn every_command_is_looked_at() {
    let looked_at: BTreeSet<String> = CASES.iter().map(|case| case.command.to_owned()).collect();
    assert_eq!(leaves(), looked_at, "a command without a case here may print a secret");
    assert!(PARAMETER.ends_with(DOCUMENT_PASSWORD));
}

/// What the account and the organization are before a command.
struct World {
    states: BTreeMap<&'static str, State>,
    exported: String,
    handover: String,
}

impl World {
    fn new() -> Self {
        let mut nothing = State::demo();
        nothing.add_role(CUSTOMER, "deployer", r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
        let permissions = &mut nothing.role_mut(CUSTOMER, "deployer").unwrap().permissions;
        permissions.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
        for client in nothing.genesys.clients.values_mut() {
            client.secret = CLIENT_SECRET.to_owned();
        }
        // What the manifest makes a credential of, and signs with.
        let values = json!({"userName": STOCK_USER, "password": STOCK_PASSWORD}).to_string();
        keep(
            &mut nothing,
            "stock",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:stock-AbCdEf",
            &values,
        );
        keep(&mut nothing, "rolecall/notify", NOTIFY_ARN, NOTIFY_SECRET);
        // A credential of web services, in an organization that shows it.
        nothing.genesys.shows_credential_fields = true;
        let rest = rolecall::sandbox::Credential {
            name: "warehouse".to_owned(),
            kind: "basicAuth".to_owned(),
            fields: BTreeMap::from([("password".to_owned(), REST_PASSWORD.to_owned())]),
            created: "2026-01-01T00:00:00Z".to_owned(),
            modified: "2026-01-01T00:00:00Z".to_owned(),
        };
        nothing.genesys.credentials.insert("7d1f6a52-0000-4000-8000-000000000001".to_owned(), rest);
        let stage = Stage::with(&described(Source::Environment), nothing.clone());
        files(&stage, "{}", "");
        let run = |arguments: &[&str]| -> Run {
            let mut command = stage.client_command(arguments);
            command.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", CLIENT_SECRET).output().unwrap().into()
        };
        run(&["boundary", "apply", "--yes"]).expect(0);
        let boundary = State::clone(&stage.sandbox.state());
        run(&["apply", "--yes", "--level", "paper"]).expect(0);
        let everything = State::clone(&stage.sandbox.state());
        let exported = run(&["genesys", "action", "export", ACTION]).expect(0).stdout;
        let handover = run(&["handover", "write", "--from", "aws"]).expect(0).stdout;
        let states = [("nothing", nothing), ("boundary", boundary), ("everything", everything)];
        Self { states: states.into(), exported, handover }
    }

    fn state(&self, before: Before) -> State {
        let name = match before {
            Before::Nothing => "nothing",
            Before::Boundary => "boundary",
            Before::Everything => "everything",
        };
        self.states[name].clone()
    }
}

fn described(source: Source) -> String {
    let role = format!("name = \"{ROLE}\"");
    let plain = manifest(TARGETS).replace(&role, &format!("{role}\npermissions_boundary = \"targets\""));
    // Nobody listens there.
    let sections = format!(
        "\n[genesys.web_services]\ncredential = {{ type = \"basicAuth\", secret_name = \"stock\" }}\n\n\
         [notify]\non = \"always\"\nwebhook = \"http://127.0.0.1:1/hook\"\nsecret = \"{NOTIFY_ARN}\"\n"
    );
    let plain = plain + &sections;
    let action = format!(
        "\n[[action]]\nname = \"{ACTION}\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
         input_schema = \"request.json\"\noutput_schema = \"response.json\"\ntest_input = \"input.json\"\n\
         \n[[action]]\nname = \"Get stock\"\ncategory = \"Orders\"\nurl = \"https://api.example.com/stock\"\n\
         input_schema = \"request.json\"\noutput_schema = \"response.json\"\n"
    );
    let stored = format!(
        "\n[aws]\nprofile = \"canary\"\nassume_role = \"arn:aws:iam::{CUSTOMER}:role/deployer\"\n\
         \n[genesys.credentials]\nsecret = \"{SECRET_ARN}\"\n"
    );
    match source {
        Source::Environment | Source::Session => plain + &action,
        Source::Stored => plain + &action + &stored,
    }
}

/// What commands read.
fn files(stage: &Stage, exported: &str, handover: &str) {
    let schema = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}}).to_string();
    stage.write("request.json", &schema("orderNumber"));
    stage.write("response.json", &schema("status"));
    stage.write("input.json", r#"{"orderNumber": "4711"}"#);
    stage.write("answer.json", r#"{"status": "shipped"}"#);
    stage.write("imported.json", exported);
    stage.write("handover.toml", handover);
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::765628985471:root"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }]});
    let resource = |kind: &str, values: Value| {
        json!({"address": format!("{kind}.it"), "mode": "managed", "type": kind, "name": "it", "values": values,
               "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0,
               "sensitive_values": {"password": true}})
    };
    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.9.0",
        "variables": {"password": {"value": DOCUMENT_PASSWORD}},
        "planned_values": {"root_module": {"resources": [
            resource("aws_iam_role", json!({"name": ROLE, "assume_role_policy": trust.to_string()})),
            resource("aws_db_instance", json!({"password": DOCUMENT_PASSWORD})),
        ]}},
        "resource_changes": [],
        "configuration": {"root_module": {"resources": []}},
    });
    stage.write("terraform.json", &plan.to_string());
    let template = format!(
        "Parameters:\n  Password: {{Type: String, NoEcho: true}}\nResources:\n  Role:\n    Type: AWS::IAM::Role\n    \
         Properties:\n      AssumeRolePolicyDocument: {trust}\n  Function:\n    Type: AWS::Lambda::Function\n    \
         Properties:\n      Role: !GetAtt Role.Arn\n      Environment: {{Variables: {{PASSWORD: !Ref Password, \
         OTHER: \"{DOCUMENT_PASSWORD}\"}}}}\n"
    );
    stage.write("template.yaml", &template);
    let cases = json!([{
        "name": "the vendor needs the external ID",
        "request": {"principal": "arn:aws:iam::765628985471:role/any", "action": "sts:AssumeRole",
                    "resource": {"resource": format!("arn:aws:iam::{CUSTOMER}:role/{ROLE}")}, "context": {}},
        "resourcePolicy": trust, "expected": {"response": "ImplicitlyDenied"},
    }]);
    stage.write("cases.json", &cases.to_string());
}

/// A fault, and where.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    Nothing,
    Sandbox(Place, Fault),
    Proxy(Place, Answer),
}

/// One run of a command.
struct Trial<'c> {
    case: &'c Case,
    format: &'static str,
    source: Source,
    trouble: Trouble,
}

/// What a run showed.
struct Outcome {
    status: i32,
    places: BTreeSet<Place>,
    leaks: Vec<String>,
}

impl Trial<'_> {
    fn name(&self) -> String {
        let Self { case, format, source, trouble } = self;
        format!("{} {:?} {format} {source:?} {trouble:?}", case.command, case.options)
    }

    fn run(&self, world: &World) -> Outcome {
        let mut state = world.state(self.case.before);
        let (place, answer) = match self.trouble {
            Trouble::Proxy(place, answer) => (place, answer),
            Trouble::Nothing | Trouble::Sandbox(..) => (Place::Other, Answer::Honest),
        };
        // The secret names the proxy, which needs the sandbox: so it is put in afterwards.
        let stage = Stage::with(&described(self.source), state.clone());
        let proxy = Proxy::before(&stage.sandbox.endpoint_url(), place, answer);
        let client_id = stage.sandbox.genesys().client_id;
        let stored = json!({"client_id": client_id, "client_secret": CLIENT_SECRET, "base_url": proxy.url})
            .to_string();
        store(&mut state, &stored);
        stage.sandbox.change(|current| *current = state).unwrap();
        files(&stage, &world.exported, &world.handover);
        if let Trouble::Sandbox(place, fault) = self.trouble {
            let rule = FaultRule { operation: place.operation().to_owned(), skip: 0, times: None, fault };
            stage.set(Faults { rules: vec![rule], ..Faults::default() });
        }
        let mut command = command(&stage, &proxy.url, self.source);
        command.args(self.case.command.split(' ')).args(self.case.options);
        if self.case.command == "init" && self.source == Source::Stored {
            command.args(["--profile", "canary"]);
        }
        if !self.format.is_empty() {
            command.args(["--output", self.format]);
        }
        let is_faulty = !matches!(self.trouble, Trouble::Nothing);
        match self.case.takes {
            Takes::Nothing => {}
            Takes::Verbose => drop(command.arg("-vv")),
            Takes::Deadline => drop(command.args(["-vv", "--deadline", if is_faulty { "1" } else { "60" }])),
        }
        let before = written(stage.folder.path());
        let is_serving = self.case.command == "sandbox serve";
        if is_serving {
            command.env("AWS_SECRET_ACCESS_KEY", SERVERS_KEY);
        }
        let output = if is_serving { stopped(command) } else { command.output().unwrap() };
        let mut shown = vec![
            ("standard output".to_owned(), String::from_utf8_lossy(&output.stdout).into_owned()),
            ("standard error".to_owned(), String::from_utf8_lossy(&output.stderr).into_owned()),
        ];
        for (path, text) in written(stage.folder.path()) {
            let is_sandbox = path.components().any(|part| part.as_os_str() == ".rolecall");
            if !is_sandbox && before.get(&path) != Some(&text) {
                shown.push((path.display().to_string(), text));
            }
        }
        let seen = proxy.seen.lock().unwrap();
        let basic = BASE64_STANDARD.encode(format!("{client_id}:{CLIENT_SECRET}"));
        // `sandbox serve` prints its own keys, which are made up; whoever calls it has another one.
        let key =
            if is_serving { SERVERS_KEY.to_owned() } else { Principal::Ci.credentials().secret_access_key };
        let mut secrets = seen.secrets.clone();
        let fixed = [CLIENT_SECRET, SESSION_TOKEN, REST_PASSWORD, DOCUMENT_PASSWORD, &basic, &key];
        let made = [STOCK_USER, STOCK_PASSWORD, NOTIFY_SECRET];
        let fixed = fixed.into_iter().chain(made);
        secrets.extend(fixed.map(str::to_owned));
        let search = Search::of(&secrets);
        let leaks = shown
            .iter()
            .filter_map(|(place, text)| {
                Some(format!("{}: {place}: {}\n{text}", self.name(), search.find(text)?))
            })
            .collect();
        Outcome { status: output.status.code().unwrap_or(-1), places: seen.places.clone(), leaks }
    }
}

/// Puts a value into the secret that manifests name.
fn store(state: &mut State, value: &str) {
    let account = state.accounts.get_mut(CUSTOMER).unwrap();
    let secret = account.secrets.get_mut("us-east-1").unwrap().get_mut("genesys/rolecall").unwrap();
    value.clone_into(&mut secret.value);
}

/// Keeps a secret in the account.
fn keep(state: &mut State, name: &str, arn: &str, value: &str) {
    let secret = Secret { arn: arn.to_owned(), version: "1".to_owned(), value: value.to_owned(), created: 0 };
    let account = state.accounts.get_mut(CUSTOMER).unwrap();
    account.secrets.entry("us-east-1".to_owned()).or_default().insert(name.to_owned(), secret);
}

/// The binary, led to the proxy.
fn command(stage: &Stage, proxy: &str, source: Source) -> Command {
    let mut command = binary(stage.folder.path());
    let key = Principal::Ci.credentials();
    command.env("AWS_ENDPOINT_URL", proxy).env("AWS_REGION", "us-east-1");
    match source {
        Source::Environment | Source::Session => {
            command.env("AWS_ACCESS_KEY_ID", key.access_key_id);
            command.env("AWS_SECRET_ACCESS_KEY", key.secret_access_key);
            command.env("GENESYSCLOUD_REGION", proxy);
            command.env("GENESYSCLOUD_OAUTHCLIENT_ID", stage.sandbox.genesys().client_id);
            command.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", CLIENT_SECRET);
        }
        Source::Stored => {
            let file = format!(
                "[canary]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
                key.access_key_id, key.secret_access_key
            );
            stage.write(".aws/credentials", &file);
        }
    }
    if source == Source::Session {
        command.env("AWS_SESSION_TOKEN", SESSION_TOKEN);
    }
    command
}

/// What a program that serves says until it is stopped.
fn stopped(mut command: Command) -> std::process::Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(700));
    child.kill().unwrap();
    child.wait_with_output().unwrap()
}

/// The files of a folder.
fn written(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(written(&path));
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            found.insert(path, text);
        }
    }
    found
}

/// What shows a secret: twelve characters of it in a row, in any form that programs give it.
struct Search {
    /// By length: of a form that is shorter than twelve characters, the whole.
    parts: BTreeMap<usize, HashMap<Vec<u8>, String>>,
}

impl Search {
    fn of<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Self {
        let mut parts: BTreeMap<usize, HashMap<Vec<u8>, String>> = BTreeMap::new();
        for secret in secrets {
            let json = Value::from(secret.as_str()).to_string();
            let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
            let forms = [
                secret.clone(),
                utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
                json.trim_matches('"').to_owned(),
                html,
                BASE64_STANDARD.encode(secret),
            ];
            for form in forms.iter().filter(|form| !form.is_empty()) {
                let length = form.len().min(12);
                let of_this_length = parts.entry(length).or_default();
                of_this_length
                    .extend(form.as_bytes().windows(length).map(|it| (it.to_vec(), secret.clone())));
            }
        }
        Self { parts }
    }

    /// The first part that a text shows.
    fn find(&self, text: &str) -> Option<String> {
        self.parts.iter().find_map(|(length, parts)| {
            let (part, secret) = text.as_bytes().windows(*length).find_map(|it| parts.get_key_value(it))?;
            Some(format!("`{}` of `{secret}`", String::from_utf8_lossy(part)))
        })
    }
}

/// Runs all of them, side by side because each of them mostly waits.
fn run_all(world: &World, trials: &[Trial<'_>]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes: Mutex<BTreeMap<usize, Outcome>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                while let Some((index, trial)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, trials.get(at)?)))
                {
                    let outcome = trial.run(world);
                    outcomes.lock().unwrap().insert(index, outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap().into_values().collect()
}

#[track_caller]
fn assert_silent(outcomes: &[Outcome]) {
    let leaks: Vec<&str> = outcomes.iter().flat_map(|it| &it.leaks).map(String::as_str).collect();
    assert!(leaks.is_empty(), "{} outputs show secrets:\n{}", leaks.len(), leaks.join("\n---\n"));
}

/// A search that finds nothing proves nothing, so it is shown to find each form.
#[test]
fn the_search_finds_every_form() {
    let search = Search::of(&[CLIENT_SECRET.to_owned()]);
    for shown in [
        "x GcCanary/7Kp y",
        "GcCanary%2F7Kp%2BZw%22Qm",
        "Zw\\\"Qm&vT<8LrX",
        "Zw&quot;Qm&amp;vT&lt;8LrX",
        &BASE64_STANDARD.encode(CLIENT_SECRET),
    ] {
        assert!(search.find(shown).is_some(), "{shown}");
    }
    assert_eq!(search.find("GcCanary/7K"), None);
    assert!(Search::of(&["short".to_owned()]).find("too short").is_some());
}

/// Every command × every format, the sources of credentials in turn; then the same commands with a fault at each place that they
/// reach.
#[test]
fn no_output_of_any_command_shows_a_secret() {
    let world = World::new();
    let mut trials = Vec::new();
    for case in CASES {
        let sources = [Source::Environment, Source::Stored].into_iter().cycle();
        for (format, source) in case.formats.iter().zip(sources) {
            trials.push(Trial { case, format, source, trouble: Trouble::Nothing });
        }
        let format = case.formats.last().unwrap();
        trials.push(Trial { case, format, source: Source::Session, trouble: Trouble::Nothing });
    }
    let outcomes = run_all(&world, &trials);
    assert_silent(&outcomes);
    let mut reached: BTreeMap<(&str, String), BTreeSet<Place>> = BTreeMap::new();
    for (trial, outcome) in trials.iter().zip(&outcomes) {
        if trial.source != Source::Session {
            assert_ne!(outcome.status, 2, "not run at all: {}", trial.name());
            let key = (trial.case.command, format!("{:?}{:?}", trial.case.options, trial.source));
            reached.entry(key).or_default().extend(&outcome.places);
        }
    }
    // Each place where a secret is sent or handed out was reached.
    let places: BTreeSet<Place> = reached.values().flatten().copied().collect();
    for place in
        [Place::Caller, Place::Assume, Place::Secret, Place::Login, Place::Genesys, Place::Lambda, Place::Iam]
    {
        assert!(places.contains(&place), "{place:?} is not in {places:?}");
    }
    let faulty = faulty(&reached);
    assert!(faulty.len() > 150, "{}", faulty.len());
    assert_silent(&run_all(&world, &faulty));
}

const ECHOES: [Answer; 6] = [
    Answer::Echo("403 Forbidden", Form::Html),
    Answer::Echo("200 OK", Form::Text),
    Answer::Echo("400 Bad Request", Form::Json),
    Answer::Echo("500 Internal Server Error", Form::Text),
    Answer::Echo("401 Unauthorized", Form::Html),
    Answer::Echo("200 OK", Form::Json),
];
const SHAPES: [Answer; 5] =
    [Answer::Cut, Answer::Truncated, Answer::Quoted, Answer::Values, Answer::Trailing];
const FAULTS: [Fault; 6] =
    [Fault::Deny, Fault::Expire, Fault::Internal, Fault::Malformed, Fault::Html, Fault::DropReply];

/// An echo, and a shape or a fault, for each place that a command reaches, in turn; all of them where secrets are handed out.
fn faulty(reached: &BTreeMap<(&str, String), BTreeSet<Place>>) -> Vec<Trial<'static>> {
    let mut trials = Vec::new();
    let mut turn = 0;
    for case in CASES {
        for source in [Source::Environment, Source::Stored] {
            let key = (case.command, format!("{:?}{source:?}", case.options));
            for place in reached.get(&key).into_iter().flatten() {
                turn += 1;
                let gives_secrets = matches!(place, Place::Assume | Place::Secret | Place::Login);
                let takes_all = gives_secrets && matches!(case.command, "plan" | "genesys whoami");
                let count = |all: usize, some: usize| if takes_all { all } else { some };
                let echoes = (0..count(ECHOES.len(), 1)).map(|at| ECHOES[(turn + at) % ECHOES.len()]);
                let shapes = (0..count(SHAPES.len(), turn % 2)).map(|at| SHAPES[(turn + at) % SHAPES.len()]);
                let silence =
                    Some(Answer::Silence).filter(|_| case.takes == Takes::Deadline && turn % 6 == 0);
                let proxy = echoes.chain(shapes).chain(silence).map(|answer| Trouble::Proxy(*place, answer));
                let fault = Trouble::Sandbox(*place, FAULTS[(turn / 2) % FAULTS.len()]);
                let fault = Some(fault).filter(|_| takes_all || turn % 2 == 0);
                for trouble in proxy.chain(fault) {
                    let format = case.formats[trials.len() % case.formats.len()];
                    trials.push(Trial { case, format, source, trouble });
                }
            }
        }
    }
    trials
}

/// A secret that stands where rolecall does not expect it is not quoted by the error.
#[test]
fn a_secret_in_the_wrong_place_is_not_quoted() {
    let mut said = String::new();
    let plain = described(Source::Environment);
    let stored = described(Source::Stored);
    let key = Principal::Ci.credentials().secret_access_key;
    let file = format!("[canary]\naws_access_key_id = AKIACIROLEKEYEXAMPLE\naws_secret_access_key {key}\n");
    let id = |secret: Value| json!({"client_id": "f1a2b3c4", "client_secret": secret}).to_string();
    let object = id(json!({"value": CLIENT_SECRET}));
    let cut = id(json!(CLIENT_SECRET)).trim_end_matches('}').to_owned();
    let swapped = json!({"client_id": "f1a2b3c4", "secret": CLIENT_SECRET}).to_string();
    let region = json!({"client_id": "f1", "client_secret": "x", "region": CLIENT_SECRET}).to_string();
    for (name, manifest, file, secret) in [
        (
            "a key of the manifest",
            plain.replace("[role]", &format!("client_secret = '{CLIENT_SECRET}'\n[role]")),
            "",
            "",
        ),
        (
            "a line of the manifest",
            plain.replace("[role]", &format!("client_secret = '{CLIENT_SECRET}\n[role]")),
            "",
            "",
        ),
        ("a broken configuration file", stored.clone(), file.as_str(), ""),
        ("a secret that is plain text", stored.clone(), "", CLIENT_SECRET),
        ("a secret that is an object", stored.clone(), "", &object),
        ("a secret that is cut", stored.clone(), "", &cut),
        ("a secret under another key", stored.clone(), "", &swapped),
        ("a secret in the place of the region", stored, "", &region),
    ] {
        let mut state = State::demo();
        state.add_role(CUSTOMER, "deployer", r#"{"AWS":"arn:aws:iam::123456789012:root"}"#);
        let permissions = &mut state.role_mut(CUSTOMER, "deployer").unwrap().permissions;
        permissions.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
        store(&mut state, secret);
        let stage = Stage::with(&manifest, state);
        files(&stage, "{}", "");
        let mut command = command(&stage, &stage.sandbox.endpoint_url(), Source::Stored);
        if !file.is_empty() {
            stage.write(".aws/credentials", file);
        }
        let run: Run = command.args(["genesys", "whoami", "-vv"]).output().unwrap().into();
        let search = Search::of(&[CLIENT_SECRET.to_owned(), key.clone()]);
        for text in [&run.stdout, &run.stderr] {
            assert_eq!(search.find(text), None, "{name}:\n{text}");
        }
        let error = run.stderr.lines().find(|line| line.starts_with("error")).unwrap_or_default();
        said += &format!("{name}: exit {}, {error}\n", run.status);
    }
    insta::with_settings!({filters => [(r"/tmp/\.tmp\w+|/\S*/\.tmp\w+", "[folder]")]}, {
    insta::assert_snapshot!(said, @"
    a key of the manifest: exit 2, error[E5]: rolecall.toml:7:1: unknown key `client_secret` in [genesys]; credentials stay out of this file: set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or name a secret of AWS Secrets Manager with `secret` in [genesys.credentials]
    a line of the manifest: exit 2, error[E5]: rolecall.toml:7:50: this is not TOML: invalid literal string, expected `'`
    a broken configuration file: exit 2, error[E12]: cannot read the AWS profile `canary` from `[folder]/.aws/config` and `[folder]/.aws/credentials`: error parsing [folder]/.aws/credentials on line 3:
    a secret that is plain text: exit 1, error[E30]: the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf` is not a JSON object with `client_id` and `client_secret`
    a secret that is an object: exit 1, error[E30]: `client_secret` in the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf` is not a text
    a secret that is cut: exit 1, error[E30]: the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf` is not a JSON object with `client_id` and `client_secret`
    a secret under another key: exit 1, error[E30]: the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf` has no `client_secret`; it has `client_id`, `secret`
    a secret in the place of the region: exit 1, error[E30]: `region` in the secret `arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf` is not a Genesys Cloud region; write the AWS region in which your organization lives (us-east-1, us-east-2, us-west-2, ca-central-1, mx-central-1, sa-east-1, eu-west-1, eu-west-2, eu-central-1, eu-central-2, eusc-de-east-1, me-central-1, ap-southeast-1, ap-southeast-2, ap-northeast-1, ap-northeast-2, ap-northeast-3, ap-south-1) or its domain; its functions may be in any region
    ");
    });
}
