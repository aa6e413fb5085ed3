//! Commands that write, each in a state in which it has something to write.

use rolecall::sandbox::{CUSTOMER, State, Tamper};
use serde_json::{Value, json};

use crate::judge::OTHER_ID;
use crate::stage::{EXTERNAL_ID, ONE_TARGET, ROLE, Stage, manifest};

/// A command in a state.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) manifest: String,
    pub(crate) state: State,
    pub(crate) command: Vec<&'static str>,
    /// What finds again what a run left behind; the command itself where nothing is said.
    pub(crate) again: Option<Vec<&'static str>>,
    /// What must end with 0 afterwards.
    pub(crate) check: Option<Vec<&'static str>>,
    /// Whether Genesys Cloud's credentials are there.
    pub(crate) genesys: bool,
}

const TWO_TARGETS: &str =
    "[[target]]\nfunction = \"my-genesys-trigger-function\"\n\n[[target]]\nfunction = \"orders\"\n";
const OTHER_TARGET: &str = "[[target]]\nfunction = \"orders\"\n";

/// The files beside the manifest.
pub(crate) fn write_files(stage: &Stage) {
    let request: Value = json!({"type": "object", "properties": {"orderNumber": {"type": "string"}}});
    stage.write("schemas/request.json", &request.to_string());
    stage.write(
        "schemas/response.json",
        r#"{"type": "object", "properties": {"status": {"type": "string"}}}"#,
    );
    stage.write("input.json", r#"{"orderNumber": "4711"}"#);
}

fn with_action(targets: &str) -> String {
    format!(
        "{}\n[[action]]\nname = \"Get order status\"\ncategory = \"Orders\"\ntarget = \"my-genesys-trigger-function\"\n\
         input_schema = \"schemas/request.json\"\noutput_schema = \"schemas/response.json\"\n",
        manifest(targets)
    )
}

/// The demonstration's state with a second function.
fn account() -> State {
    let mut state = State::demo();
    let functions = state.accounts.get_mut(CUSTOMER).unwrap().functions.get_mut("us-east-1").unwrap();
    if !functions.contains_key("orders") {
        let function = functions.get("my-genesys-trigger-function").unwrap().clone();
        functions.insert(
            "orders".to_owned(),
            rolecall::sandbox::Function { name: "orders".to_owned(), ..function },
        );
    }
    state
}

/// What `commands` lead to.
fn after(manifest: &str, state: State, commands: &[&[&str]], genesys: bool) -> State {
    let stage = Stage::with(manifest, state);
    write_files(&stage);
    for command in commands {
        let run = if genesys { stage.run_client(command) } else { stage.run(command) };
        run.expect(0);
    }
    State::clone(&stage.sandbox.state())
}

fn tampered(mut state: State, kinds: &[Tamper]) -> State {
    for kind in kinds {
        kind.apply(&mut state, ROLE).unwrap();
    }
    state
}

/// Somebody replaced the trust policy: a foreign account, and no condition.
fn let_in_by_hand(mut state: State) -> State {
    state.role_mut(CUSTOMER, ROLE).unwrap().trust =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"sts:AssumeRole"}]}"#
            .to_owned();
    state
}

/// A role of the same name that somebody made by hand, with everything allowed.
fn by_hand() -> State {
    let mut state = account();
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::765628985471:root"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"{OTHER_ID}"}}}}}}]}}"#
    );
    state.add_role(CUSTOMER, ROLE, r#"{"AWS":"arn:aws:iam::765628985471:root"}"#);
    let role = state.role_mut(CUSTOMER, ROLE).unwrap();
    role.trust = trust;
    role.permissions.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
    role.permissions.inline.insert(
        "by-hand".to_owned(),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#
            .to_owned(),
    );
    state
}

const APPLY: [&str; 6] = ["apply", "--yes", "--level", "paper", "--deadline", "4"];
const DESTROY: [&str; 4] = ["destroy", "--yes", "--deadline", "4"];

/// All of them.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let (one, two, other) = (manifest(ONE_TARGET), manifest(TWO_TARGETS), manifest(OTHER_TARGET));
    let action = with_action(ONE_TARGET);
    let applied = after(&two, account(), &[&APPLY], false);
    let applied_one = after(&one, account(), &[&APPLY], false);
    let connected = after(&action, account(), &[&APPLY], true);
    let apply = APPLY.to_vec();
    let drift = Some(vec!["drift"]);
    let aws = |name, manifest: &str, state, command| Scenario {
        name,
        manifest: manifest.to_owned(),
        state,
        command,
        again: None,
        check: drift.clone(),
        genesys: false,
    };
    let both = |name, manifest: &str, state, command| Scenario {
        genesys: true,
        ..aws(name, manifest, state, command)
    };
    let more = |flags: &[&'static str]| apply.iter().chain(flags).copied().collect::<Vec<_>>();
    let other_organization = other.replace(EXTERNAL_ID, OTHER_ID);
    vec![
        aws("first apply", &two, account(), apply.clone()),
        aws(
            "repair",
            &two,
            tampered(
                applied.clone(),
                &[Tamper::TrustExtraPrincipal, Tamper::PolicyWidened, Tamper::MaxSession],
            ),
            apply.clone(),
        ),
        aws("adopt", &one, by_hand(), more(&["--adopt", "--remove-foreign"])),
        aws("other organization, other target", &other_organization, applied.clone(), apply.clone()),
        aws("other organization, exchanged target", &other_organization, applied_one.clone(), apply.clone()),
        aws("foreign account, other function", &other, let_in_by_hand(applied_one), apply.clone()),
        aws("fewer targets", &one, applied.clone(), apply.clone()),
        aws(
            "foreign policies go",
            &two,
            tampered(
                applied.clone(),
                &[Tamper::ExtraManagedPolicy, Tamper::ExtraInlinePolicy, Tamper::PolicyDetached],
            ),
            more(&["--remove-foreign"]),
        ),
        Scenario { check: None, ..aws("destroy", &two, applied.clone(), DESTROY.to_vec()) },
        Scenario {
            again: Some(vec!["verify", "--sweep", "--yes"]),
            check: drift.clone(),
            ..aws("twin", &two, applied, vec!["verify", "--level", "twin", "--deadline", "6"])
        },
        both("first apply on both sides", &action, account(), apply.clone()),
        both(
            "repair on both sides",
            &action,
            tampered(connected.clone(), &[Tamper::GenesysActionEdited, Tamper::GenesysIntegrationDisabled]),
            apply.clone(),
        ),
        Scenario {
            // The action is the manifest's, and `connect` does not make it.
            check: None,
            ..both(
                "connect",
                &action,
                after(&one, account(), &[&APPLY], false),
                vec!["genesys", "connect", "--yes", "--deadline", "4"],
            )
        },
        Scenario { check: None, ..both("destroy on both sides", &action, connected, DESTROY.to_vec()) },
    ]
}
