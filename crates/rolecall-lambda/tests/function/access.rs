//! Custom resources in Genesys Cloud: whose credentials they use and how long these are kept, definitions that are kept
//! elsewhere, and a Genesys Cloud that is slow.

use std::sync::Arc;
use std::time::Duration;

use rolecall::sandbox::{CUSTOMER, Fault, FaultRule, Faults, Parameter, State};
use serde_json::{Value, json};

use super::life::{ACTION, INTEGRATION, Life, action, actions, id, integration, is_empty, reason, slower};
use super::services::Services;
use super::stage::{Event, without_time};
use crate::stage::{ONE_TARGET, Stage, manifest};

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys/rolecall-AbCdEf";

/// Puts a client's secret into Secrets Manager.
fn store(stage: &Stage, client_secret: &str) {
    let access = stage.sandbox.genesys();
    let value =
        json!({"client_id": access.client_id, "client_secret": client_secret, "base_url": access.base_url});
    let change = |state: &mut State| {
        let secrets = state.accounts.get_mut(CUSTOMER).unwrap().secrets.get_mut("us-east-1").unwrap();
        secrets.get_mut("genesys/rolecall").unwrap().value = value.to_string();
    };
    stage.sandbox.change(change).unwrap();
}

fn with_secret() -> Life {
    let stage = Stage::new();
    store(&stage, stage.sandbox.genesys().client_secret);
    let variables =
        [("GENESYS_CREDENTIALS_SECRET", SECRET.to_owned()), ("GENESYSCLOUD_REGION", "us-east-1".to_owned())];
    let environment = stage.environment().into_iter().chain(variables).collect();
    Life::with(stage, environment)
}

fn count(stage: &Stage, action: &str) -> usize {
    stage.sandbox.log().iter().filter(|call| call.action == action).count()
}

#[test]
fn a_secret_is_read_once_and_again_when_it_is_rotated() {
    let mut life = with_secret();
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    life.update(ACTION, "${1}", &slower("20"), &action());
    let rotate = |stage: &Arc<Stage>| {
        assert_eq!((count(stage, "GetSecretValue"), count(stage, "postOauthToken")), (1, 1));
        store(stage, "rotated-secret");
        let rotate = |state: &mut State| {
            state.genesys.clients.values_mut().for_each(|it| "rotated-secret".clone_into(&mut it.secret));
        };
        stage.sandbox.change(rotate).unwrap();
        // The tokens that the secret before got end with it.
        let rule = FaultRule {
            operation: "genesys:getIntegration".to_owned(),
            skip: 0,
            times: Some(1),
            fault: Fault::Expire,
        };
        stage.set(Faults { rules: vec![rule], ..Faults::default() });
    };
    life.ask_after(rotate, ACTION, "Update", "${1}", &slower("30"), &slower("20"));
    // One that the resource names itself.
    let mut named = slower("40");
    named["CredentialsSecret"] = json!(SECRET);
    named["GenesysRegion"] = json!("us-east-1");
    life.update(ACTION, "${1}", &named, &slower("30"));
    let (stage, served) = life.live();
    assert!(served.answers.iter().all(|answer| answer["Status"] == "SUCCESS"), "{:#?}", served.answers);
    assert_eq!(count(&stage, "GetSecretValue"), 3);
    assert!(!served.log.contains("rotated-secret"), "{}", served.log);
}

#[test]
fn a_secure_string_is_as_good_as_a_secret() {
    let stage = Stage::new();
    let access = stage.sandbox.genesys();
    let value = json!({
        "client_id": access.client_id,
        "client_secret": access.client_secret,
        "base_url": access.base_url,
    });
    let change = |state: &mut State| {
        let parameters = &mut state.accounts.get_mut(CUSTOMER).unwrap().parameters;
        let parameter = Parameter { value: value.to_string(), is_secure: true, version: 1 };
        let parameters = parameters.entry("us-east-1".to_owned()).or_default();
        parameters.insert("/rolecall/genesys".to_owned(), parameter);
    };
    stage.sandbox.change(change).unwrap();
    let variables = [
        (
            "GENESYS_CREDENTIALS_SECRET",
            "arn:aws:ssm:us-east-1:123456789012:parameter/rolecall/genesys".to_owned(),
        ),
        ("GENESYSCLOUD_REGION", "us-east-1".to_owned()),
    ];
    let environment = stage.environment().into_iter().chain(variables).collect();
    let mut life = Life::with(stage, environment);
    life.create(INTEGRATION, &integration());
    let (stage, served) = life.live();
    assert_eq!(served.answers[0]["Status"], "SUCCESS", "{:#?}", served.answers);
    assert_eq!((count(&stage, "GetParameter"), count(&stage, "GetSecretValue")), (1, 0));
    assert!(!served.log.contains(stage.sandbox.genesys().client_secret), "{}", served.log);
}

#[test]
fn without_credentials_the_way_to_them_is_said() {
    let environment = |stage: &Stage, more: &[(&'static str, &str)]| {
        let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
        stage.environment().into_iter().chain(more).collect::<Vec<_>>()
    };
    for (variables, says) in [
        (&[] as &[_], "set GENESYS_CREDENTIALS_SECRET"),
        (&[("GENESYS_CREDENTIALS_SECRET", SECRET)], "state `GenesysRegion`"),
        (&[("GENESYS_CREDENTIALS_SECRET", "hunter2")], "GENESYS_CREDENTIALS_SECRET"),
        (
            &[
                ("GENESYS_CREDENTIALS_SECRET", "arn:aws:secretsmanager:us-east-1:123456789012:secret:none"),
                ("GENESYSCLOUD_REGION", "us-east-1"),
            ],
            "cannot read the OAuth client from the secret",
        ),
    ] {
        let stage = Stage::new();
        let environment = environment(&stage, variables);
        let mut life = Life::with(stage, environment);
        life.create(INTEGRATION, &integration()).delete(INTEGRATION, "${0}", &integration());
        let (_, served) = life.live();
        let text = reason(&served.answers[0]);
        assert!(text.contains(says) && !text.contains("hunter2"), "{text}");
        id(&served.answers[1]);
    }
}

#[test]
fn a_resource_names_no_secret_that_the_settings_do_not() {
    let mut named = integration();
    named["CredentialsSecret"] =
        json!("arn:aws:secretsmanager:us-east-1:123456789012:secret:of-others-AbCdEf");
    named["GenesysRegion"] = json!("us-east-1");
    let mut life = with_secret();
    life.create(INTEGRATION, &named);
    let (stage, served) = life.live();
    let text = reason(&served.answers[0]);
    assert!(
        text.contains("which the settings of this function do not allow (ROLECALL_ALLOWED_SECRETS)"),
        "{text}"
    );
    assert_eq!(count(&stage, "GetSecretValue"), 0);
}

#[test]
fn definitions_come_from_s3_and_from_secrets() {
    let definition = action()["Definition"].clone();
    // As it was before CloudFormation made text of it.
    let mut definition: Value = definition;
    definition["secure"] = json!(false);
    definition["config"]["timeoutSeconds"] = json!(10);
    definition["contract"]["input"]["inputSchema"] =
        json!({"type": "object", "properties": {"orderNumber": {"type": "string"}}});
    let services = Services::new();
    services.object("/definitions/order.json", &definition.to_string());
    let stage = Stage::new();
    let value = definition.to_string();
    let keep = |state: &mut State| {
        let secrets = state.accounts.get_mut(CUSTOMER).unwrap().secrets.get_mut("us-east-1").unwrap();
        let secret = secrets.get_mut("genesys/rolecall").unwrap();
        secret.value = value.replace("orderNumber", "veryPrivate");
    };
    stage.sandbox.change(keep).unwrap();
    let s3 = services
        .environment(&stage)
        .into_iter()
        .filter(|(name, _)| *name != "AWS_ENDPOINT_URL_SECRETS_MANAGER");
    let environment = s3.chain(stage.sandbox.genesys_environment()).collect();
    let mut life = Life::with(stage, environment);
    let kept_in = |reference: &str| {
        let mut properties = action();
        properties["Definition"] = json!(reference);
        properties
    };
    let wrong = |stage: &Arc<Stage>| {
        let change = |state: &mut State| {
            let secrets = state.accounts.get_mut(CUSTOMER).unwrap().secrets.get_mut("us-east-1").unwrap();
            let secret = secrets.get_mut("genesys/rolecall").unwrap();
            secret.value = r#"{"integrationType": "veryPrivate"}"#.to_owned();
        };
        stage.sandbox.change(change).unwrap();
    };
    life.create(INTEGRATION, &integration());
    life.create(ACTION, &kept_in("s3://definitions/order.json"));
    life.update(ACTION, "${1}", &kept_in(SECRET), &kept_in("s3://definitions/order.json"));
    life.ask_after(wrong, ACTION, "Update", "${1}", &kept_in(SECRET), &kept_in(SECRET));
    life.create(ACTION, &kept_in("s3://definitions/none.json"));
    life.create(ACTION, &kept_in("s3://definitions"));
    life.create(ACTION, &kept_in("not json"));
    let (stage, served) = life.live();
    assert!(served.answers[1].get("NoEcho").is_none());
    assert_eq!(served.answers[2]["NoEcho"], true);
    // Another contract: another action.
    assert_ne!(id(&served.answers[1]), id(&served.answers[2]));
    assert_eq!(actions(&stage).len(), 2);
    assert!(reason(&served.answers[3]).contains("is not shown"), "{}", served.answers[3]);
    assert!(reason(&served.answers[4]).contains("s3://definitions/none.json"), "{}", served.answers[4]);
    assert!(reason(&served.answers[5]).contains("names nothing that can be read"), "{}", served.answers[5]);
    assert!(reason(&served.answers[6]).contains("not JSON"), "{}", served.answers[6]);
    assert!(!format!("{}{:?}", served.log, served.answers).contains("veryPrivate"));
}

/// Genesys Cloud carries a call out, and answers long after the function has to.
#[test]
fn what_a_slow_genesys_cloud_made_is_deleted_with_the_stack() {
    let slow = |operation: &'static str| {
        move |stage: &Arc<Stage>| {
            let rule =
                FaultRule { operation: operation.to_owned(), skip: 0, times: Some(1), fault: Fault::Stall };
            stage.set(Faults { rules: vec![rule], ..Faults::default() });
        }
    };
    let mut life = Life::new();
    life.function = life.function.with_timeout(Duration::from_secs(6));
    life.create(INTEGRATION, &integration());
    life.ask_after(
        slow("genesys:postIntegrationsActionDraftPublish"),
        ACTION,
        "Create",
        "",
        &action(),
        &Value::Null,
    );
    life.delete(ACTION, "${1}", &action());
    life.delete(INTEGRATION, "${0}", &integration());
    life.ask_after(
        slow("genesys:putIntegrationConfigCurrent"),
        INTEGRATION,
        "Create",
        "",
        &integration(),
        &Value::Null,
    );
    life.delete(INTEGRATION, "${4}", &integration());
    let (stage, served) = life.live();
    for (index, made) in [(1, true), (4, false)] {
        assert!(reason(&served.answers[index]).contains("not finished within"), "{}", served.answers[index]);
        // What bears no mark yet is deleted at once.
        let id = served.answers[index]["PhysicalResourceId"].as_str().unwrap();
        assert_eq!(!id.starts_with("not-made"), made, "{id}");
    }
    assert!(is_empty(&stage), "{:#?}", stage.sandbox.state().genesys);
}

/// Manifests that name no credentials use those of the function, which live longer than one check.
#[test]
fn checks_share_the_credentials_of_the_function() {
    let life = with_secret();
    life.stage.run(&["apply", "--yes"]).expect(0);
    life.stage.calls();
    let drift = json!({"command": "drift", "manifest": manifest(ONE_TARGET), "region": "us-east-1"});
    let (first, second, third) = (drift.clone(), drift.clone(), drift);
    let stage = Arc::clone(&life.stage);
    // The secret now names an OAuth client of another organization: what was known of the first one is not kept.
    let moved = move |state: &mut State| {
        state.genesys.organization.id = "00000000-0000-4000-8000-000000000009".to_owned()
    };
    let events: Vec<Event> = vec![
        Box::new(move |_| first),
        Box::new(move |_| second),
        Box::new(move |_| {
            stage.sandbox.change(moved).unwrap();
            third
        }),
    ];
    let served = life.function.serve_life(Vec::new(), events);
    let codes: Vec<&Value> =
        served.outcomes.iter().map(|outcome| &outcome.as_ref().unwrap()["exit_code"]).collect();
    assert_eq!(codes, [0, 0, 4], "{:#?}", served.outcomes);
    let report = |place: usize| without_time(served.outcomes[place].as_ref().unwrap());
    assert_eq!(report(0), report(1), "each counts its own calls");
    assert_eq!((count(&life.stage, "GetSecretValue"), count(&life.stage, "postOauthToken")), (1, 1));
}
