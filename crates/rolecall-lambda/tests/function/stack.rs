//! A stack with an integration and an action, resource by resource, as CloudFormation asks for them.

use std::sync::Arc;
use std::time::Duration;

use rolecall::ports::genesys::{GenesysTest as _, Stage as ActionStage};
use rolecall::sandbox::{Fault, FaultRule, Faults, State, Tamper};
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::CredentialSource;
use serde_json::{Map, Value, json};

use super::life::{
    ACTION, INTEGRATION, Life, STACK, action, actions, id, integration, is_empty, other_contract, reason,
    slower, with,
};
use crate::stage::{ROLE, Stage};

#[test]
fn a_stack_is_made_changed_and_deleted() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration());
    life.create(ACTION, &action());
    // Delivered twice.
    life.create(INTEGRATION, &integration());
    life.create(ACTION, &action());
    let renamed = with(integration(), "/Name", json!("Orders and more"));
    life.update(INTEGRATION, "${0}", &renamed, &integration());
    life.update(ACTION, "${1}", &slower("20"), &action());
    life.update(ACTION, "${1}", &slower("20"), &action());
    // CloudFormation deletes what depends on others first.
    life.delete(ACTION, "${1}", &slower("20"));
    life.delete(ACTION, "${1}", &slower("20"));
    life.delete(INTEGRATION, "${0}", &renamed);
    life.delete(INTEGRATION, "${0}", &renamed);
    let (stage, served) = life.live();
    let ids: Vec<&str> = served.answers.iter().map(id).collect();
    assert_eq!((ids[2], ids[3], ids[4], ids[5], ids[6]), (ids[0], ids[1], ids[0], ids[1], ids[1]));
    let data = |index: usize, name: &str| served.answers[index]["Data"][name].as_str().unwrap();
    assert_eq!((data(0, "IntegrationId"), data(1, "IntegrationId")), (ids[0], ids[0]));
    assert_eq!(data(1, "ActionId"), ids[1]);
    let versions = [1, 3, 5, 6].map(|index| data(index, "Version").parse::<u32>().unwrap());
    assert!(
        versions[0] == versions[1] && versions[1] < versions[2] && versions[2] == versions[3],
        "{versions:?}"
    );
    assert_eq!(data(0, "CredentialId"), data(4, "CredentialId"));
    assert!(served.answers.iter().all(|answer| answer.get("Reason").is_none()), "{:#?}", served.answers);
    assert!(is_empty(&stage));
}

#[test]
fn the_action_works() {
    let mut life = Life::on({
        let stage = Stage::new();
        stage.run(&["apply", "--yes"]).expect(0);
        stage
    });
    life.create(INTEGRATION, &integration());
    life.create(ACTION, &action());
    let (stage, served) = life.live();
    let id = id(&served.answers[1]).to_owned();
    let client = client(&stage);
    let input = Map::from_iter([("orderNumber".to_owned(), json!("1"))]);
    let result = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(async { client.test_action(&id, ActionStage::Published, &input).await });
    assert!(result.as_ref().unwrap().success, "{result:#?}");
}

fn client(stage: &Stage) -> Client {
    let environment = stage.sandbox.genesys_environment();
    let lookup =
        |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let source = CredentialSource::from_environment(lookup, None).unwrap();
    let patience = Patience::until(Duration::from_secs(10));
    Client::new(source, patience, Default::default())
}

#[test]
fn another_contract_is_another_action() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    life.update(ACTION, "${1}", &other_contract(), &action());
    // Delivered twice, then everything else has succeeded.
    life.update(ACTION, "${1}", &other_contract(), &action());
    life.delete(ACTION, "${1}", &action());
    let (stage, served) = life.live();
    let ids: Vec<&str> = served.answers.iter().map(id).collect();
    assert!(ids[2] != ids[1] && ids[2] == ids[3], "{ids:?}");
    assert_eq!(actions(&stage), [ids[2]]);
}

#[test]
fn a_replacement_that_is_rolled_back_leaves_the_first_action() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    life.update(ACTION, "${1}", &other_contract(), &action());
    // Something else in the stack failed: back, and then what is not needed is deleted.
    life.update(ACTION, "${2}", &action(), &other_contract());
    life.delete(ACTION, "${2}", &other_contract());
    let (stage, served) = life.live();
    let ids: Vec<&str> = served.answers.iter().map(id).collect();
    assert_eq!(ids[3], ids[1], "flows go on with the ID that they have");
    assert_eq!(actions(&stage), [ids[1]]);
}

#[test]
fn a_failed_create_is_rolled_back() {
    let mut life = Life::new();
    // The draft is made, and Genesys Cloud would not publish it; the integration never becomes active.
    let fails = |operation: &'static str| {
        move |stage: &Arc<Stage>| {
            let rule =
                FaultRule { operation: operation.to_owned(), skip: 0, times: None, fault: Fault::Deny };
            stage.set(Faults { rules: vec![rule], ..Faults::default() });
        }
    };
    life.create(INTEGRATION, &integration());
    life.ask_after(
        fails("genesys:postIntegrationsActionDraftPublish"),
        ACTION,
        "Create",
        "",
        &action(),
        &Value::Null,
    );
    life.ask_after(|stage| stage.set(Faults::default()), ACTION, "Delete", "${1}", &action(), &Value::Null);
    life.delete(INTEGRATION, "${0}", &integration());
    life.ask_after(
        fails("genesys:putIntegrationConfigCurrent"),
        INTEGRATION,
        "Create",
        "",
        &integration(),
        &Value::Null,
    );
    life.ask_after(
        |stage| stage.set(Faults::default()),
        INTEGRATION,
        "Delete",
        "${4}",
        &integration(),
        &Value::Null,
    );
    life.ask_after(
        fails("genesys:postIntegrations"),
        INTEGRATION,
        "Create",
        "",
        &integration(),
        &Value::Null,
    );
    life.ask_after(
        |stage| stage.set(Faults::default()),
        INTEGRATION,
        "Delete",
        "${6}",
        &integration(),
        &Value::Null,
    );
    // An ID of CloudFormation's own, where no answer came in time.
    life.delete(ACTION, "contact-centre-DataAction-1A2B3C4D5E6F", &action());
    let (stage, served) = life.live();
    assert!(reason(&served.answers[1]).contains("/draft/publish"), "{}", served.answers[1]);
    assert!(served.answers[1]["PhysicalResourceId"].as_str().unwrap().starts_with("custom_-_"));
    assert!(reason(&served.answers[4]).contains("/config/current"), "{}", served.answers[4]);
    // It bears no mark yet, so it is deleted at once.
    assert!(reason(&served.answers[4]).contains("deleted again"), "{}", served.answers[4]);
    assert_eq!(served.answers[4]["PhysicalResourceId"], "not-made/Integration");
    // Only the credential was made, and nothing would name it.
    assert!(reason(&served.answers[6]).contains("deleted again"), "{}", served.answers[6]);
    assert_eq!(served.answers[6]["PhysicalResourceId"], "not-made/Integration");
    for index in [2, 3, 5, 7, 8] {
        id(&served.answers[index]);
    }
    assert!(is_empty(&stage), "{:#?}", stage.sandbox.state().genesys);
}

#[test]
fn an_update_with_the_id_of_a_failed_create_is_a_create() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration());
    life.update(ACTION, "not-made/DataAction", &action(), &action());
    let (stage, served) = life.live();
    assert_eq!(actions(&stage), [id(&served.answers[1])]);
}

#[test]
fn what_was_changed_outside_is_named_and_set_right() {
    let tamper = |kind: Tamper| {
        move |stage: &Arc<Stage>| {
            stage.sandbox.change(|state| kind.apply(state, ROLE)).unwrap().unwrap();
        }
    };
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    life.ask_after(tamper(Tamper::GenesysActionEdited), ACTION, "Update", "${1}", &slower("30"), &action());
    life.ask_after(
        tamper(Tamper::GenesysIntegrationDisabled),
        INTEGRATION,
        "Update",
        "${0}",
        &integration(),
        &integration(),
    );
    life.ask_after(
        tamper(Tamper::GenesysActionDeleted),
        ACTION,
        "Update",
        "${1}",
        &slower("40"),
        &slower("30"),
    );
    // CloudFormation deletes what the old ID names, which is gone.
    life.delete(ACTION, "${1}", &slower("30"));
    let (stage, served) = life.live();
    let note = |index: usize| served.answers[index]["Reason"].as_str().unwrap();
    assert_eq!(id(&served.answers[2]), id(&served.answers[1]));
    assert_eq!(note(2), "changed outside the stack, and now as the stack says: timeout");
    assert_eq!(note(3), "changed outside the stack, and now as the stack says: integration state `Orders`");
    assert!(note(4).contains("no longer exists"), "{}", note(4));
    assert_ne!(id(&served.answers[4]), id(&served.answers[1]));
    assert_eq!(actions(&stage), [id(&served.answers[4])]);
    let config =
        stage.sandbox.state().genesys.actions[id(&served.answers[4])].published.clone().unwrap().config;
    assert_eq!(config["timeoutSeconds"], 40);
}

#[test]
fn a_version_conflict_is_read_again() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    let overtaken = |stage: &Arc<Stage>| {
        stage.sandbox.clear_log();
        for after in ["postIntegrationsActionDraft", "getIntegrationsActionDraftValidation"] {
            stage.sandbox.once_after(
                move |call| call.action == after,
                |state, _| {
                    state.genesys.actions.values_mut().for_each(|it| it.draft.as_mut().unwrap().version += 1);
                },
            );
        }
    };
    life.ask_after(overtaken, ACTION, "Update", "${1}", &slower("20"), &action());
    let (stage, served) = life.live();
    assert_eq!(id(&served.answers[2]), id(&served.answers[1]));
    for action in ["patchIntegrationsActionDraft", "postIntegrationsActionDraftPublish"] {
        let log = stage.sandbox.log();
        let statuses: Vec<u16> =
            log.iter().filter(|call| call.action == action).map(|call| call.status).collect();
        assert!(matches!(statuses.as_slice(), [400 | 409, 200]), "{action}: {statuses:?}");
    }
}

#[test]
fn the_role_of_an_integration_moves() {
    let moved = with(integration(), "/RoleArn", json!("arn:aws:iam::123456789012:role/Other"));
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).update(INTEGRATION, "${0}", &moved, &integration());
    let (stage, served) = life.live();
    assert_eq!(id(&served.answers[1]), id(&served.answers[0]));
    let state = stage.sandbox.state();
    let arns: Vec<&String> = state.genesys.credentials.values().map(|it| &it.fields["ARN"]).collect();
    assert_eq!(arns, ["arn:aws:iam::123456789012:role/Other"]);
}

#[test]
fn what_belongs_to_others_stays() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    // It holds an action.
    life.delete(INTEGRATION, "${0}", &integration());
    // Another resource of the same name, and an action that is another one.
    let mut second = integration();
    second["Name"] = json!("Orders");
    life.events.push({
        let url = life.function.response_url();
        Box::new(move |_| {
            json!({
                "RequestType": "Create", "ResponseURL": url, "StackId": STACK, "RequestId": "second",
                "ResourceType": "Custom::GenesysIntegration", "LogicalResourceId": "Second", "ResourceProperties": second,
            })
        })
    });
    life.create(ACTION, &slower("59"));
    let mut adopted = slower("59");
    adopted["Adopt"] = json!("true");
    life.create(ACTION, &adopted);
    let (stage, served) = life.live();
    assert!(reason(&served.answers[2]).contains("it contains `Get order status`"), "{}", served.answers[2]);
    assert!(
        reason(&served.answers[3]).contains("the resource `Integration` of the stack"),
        "{}",
        served.answers[3]
    );
    assert_eq!(served.answers[3]["PhysicalResourceId"], "not-made/Second");
    assert!(reason(&served.answers[4]).contains("configured differently"), "{}", served.answers[4]);
    assert_eq!(id(&served.answers[5]), id(&served.answers[1]));
    assert_eq!(actions(&stage), [id(&served.answers[1])]);
    assert_eq!(stage.sandbox.state().genesys.credentials.len(), 1);
}

#[test]
fn an_integration_without_its_mark_is_left_alone() {
    let mut life = Life::new();
    life.create(INTEGRATION, &integration());
    let unmark = |stage: &Arc<Stage>| {
        let unmark = |state: &mut State| {
            let mut all = state.genesys.integrations.values_mut();
            all.find(|it| it.configuration.name == "Orders").unwrap().configuration.notes =
                "Ours now.".to_owned();
        };
        stage.sandbox.change(unmark).unwrap();
    };
    life.ask_after(unmark, INTEGRATION, "Delete", "${0}", &integration(), &Value::Null);
    let (stage, served) = life.live();
    id(&served.answers[1]);
    assert!(served.answers[1]["Reason"].as_str().unwrap().contains("stays"), "{}", served.answers[1]);
    assert!(!is_empty(&stage));
}

#[test]
fn every_fault_is_named_before_anything_is_asked() {
    let mut life = Life::new();
    let wrong = json!({
        "Name": "", "RoleArn": "role", "GenesysRegion": "mars", "OrganizationId": "", "Adopt": "perhaps", "Nmae": "x",
        "CredentialsSecret": "hunter2hunter2",
    });
    life.create(INTEGRATION, &wrong).delete(INTEGRATION, "${0}", &wrong);
    let mut wrong = action();
    wrong["IntegrationId"] = json!("../../other");
    wrong["FunctionArn"] = json!("orders");
    wrong["Definition"]["contract"]["input"]["inputSchema"]["properties"] =
        json!({"orgId": {"type": "string"}});
    wrong["Definition"]["contract"]["output"] = json!({});
    life.create(ACTION, &wrong).delete(ACTION, "${2}", &wrong);
    let (stage, served) = life.live();
    let text = reason(&served.answers[0]);
    for part in [
        "`Name`",
        "`RoleArn`",
        "`GenesysRegion`",
        "`OrganizationId`",
        "`Adopt`",
        "`Nmae`",
        "`CredentialsSecret`",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    let text = reason(&served.answers[2]);
    for part in ["`IntegrationId`", "`FunctionArn`", "/properties/orgId", "/contract/output/successSchema"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(served.answers[1]["Status"] == "SUCCESS" && served.answers[3]["Status"] == "SUCCESS");
    assert!(stage.sandbox.exchanges().is_empty(), "Genesys Cloud was not asked");
}

#[test]
fn the_setup_must_fit() {
    let mut life = Life::new();
    let other = with(integration(), "/OrganizationId", json!("00000000-0000-4000-8000-000000000009"));
    life.create(INTEGRATION, &other);
    life.create(INTEGRATION, &integration());
    let mut missing = action();
    missing["IntegrationId"] = json!("00000000-0000-4000-8000-000000000009");
    life.create(ACTION, &missing);
    let mut web = action();
    web["IntegrationId"] = json!("${1}");
    web["Definition"]["integrationType"] = json!("custom-rest-actions");
    life.create(ACTION, &web);
    let mut elsewhere = action();
    elsewhere["IntegrationId"] = json!("${1}");
    elsewhere["OrganizationId"] = json!("00000000-0000-4000-8000-000000000009");
    life.create(ACTION, &elsewhere);
    let (stage, served) = life.live();
    assert!(reason(&served.answers[0]).contains("that organization"), "{}", served.answers[0]);
    assert!(reason(&served.answers[2]).contains("does not exist"), "{}", served.answers[2]);
    assert!(reason(&served.answers[3]).contains("custom-rest-actions"), "{}", served.answers[3]);
    assert!(reason(&served.answers[4]).contains("`OrganizationId` says"), "{}", served.answers[4]);
    assert!(actions(&stage).is_empty());
}

/// What was just made is not seen yet: nothing is made twice, and nothing is left.
#[test]
fn a_genesys_cloud_that_lags_behind() {
    let stage = Stage::new();
    let mut faults = Faults::default();
    faults.genesys.read_lag_ms = 1000;
    stage.set(faults);
    let mut life = Life::on(stage);
    life.create(INTEGRATION, &integration()).create(ACTION, &action());
    life.update(ACTION, "${1}", &slower("20"), &action());
    life.update(INTEGRATION, "${0}", &integration(), &integration());
    life.delete(ACTION, "${1}", &slower("20")).delete(INTEGRATION, "${0}", &integration());
    let (stage, served) = life.live();
    let ids: Vec<&str> = served.answers.iter().map(id).collect();
    assert_eq!((ids[2], ids[3]), (ids[1], ids[0]));
    assert!(is_empty(&stage), "{:#?}", stage.sandbox.state().genesys);
}
