//! The Genesys Cloud side for other tools: Terraform's resources, and the files of the user interface.

use super::super::stage::{Run, binary};
use super::*;

/// The attributes that the provider documents (MyPureCloud/terraform-provider-genesyscloud, `docs/resources`): those that are
/// required, and the optional ones.
const DOCUMENTED: [(&str, &[&str], &[&str]); 5] = [
    ("genesyscloud_integration_credential", &["credential_type_name"], &["fields", "name"]),
    ("genesyscloud_integration", &["integration_type"], &["config", "intended_state", "lifecycle"]),
    (
        "genesyscloud_integration_action",
        &["category", "contract_input", "contract_output", "integration_id", "name"],
        &["config_request", "config_response", "config_timeout_seconds", "function_config", "secure"],
    ),
    ("config_request", &["request_type"], &["headers", "request_template", "request_url_template"]),
    ("config_response", &[], &["success_template", "translation_map", "translation_map_defaults"]),
];

const TERRAFORM: [&str; 5] = ["render", "--format", "terraform", "--account", "123456789012"];

#[track_caller]
fn keeps_to_the_documentation(kind: &str, value: &Value) {
    let (_, required, optional) = DOCUMENTED.iter().find(|(known, ..)| *known == kind).unwrap();
    let value = value.as_object().unwrap();
    for name in *required {
        assert!(value.contains_key(*name), "{kind} needs {name}");
    }
    for (name, inner) in value {
        assert!(required.contains(&name.as_str()) || optional.contains(&name.as_str()), "{kind}.{name}");
        if ["config_request", "config_response"].contains(&name.as_str()) {
            inner.as_array().unwrap().iter().for_each(|block| keeps_to_the_documentation(name, block));
        }
    }
}

/// A manifest with an action of a function and one of an address, whose templates have what Terraform would read as its own.
fn two_actions() -> String {
    with_action()
        + r#"request_template = '{"order": "${input.orderNumber}", "share": "%{x}", "quote": "\"", "all": "$${y}"}'
success_template = "{\"status\": ${status}}"
translation_map = { status = "$.status" }
translation_map_defaults = { status = "\"${none}\"" }

[[action]]
name = "Look up a customer"
category = "Orders"
url = "https://api.example.com/customers/${input.id}"
method = "GET"
headers = { Authorization = "Bearer ${credentials.token}" }
input_schema = "schemas/customer.json"
output_schema = "schemas/response.json"
"#
}

fn render(arguments: &[&str], manifest: &str) -> (Stage, Run) {
    let stage = stage_with(manifest, State::demo());
    stage.write("schemas/customer.json", &request(&["id"]));
    let run = binary(stage.folder.path()).args(arguments).args(["--region", "us-east-1"]).output().unwrap();
    (stage, run.into())
}

/// What Terraform makes of a text: the doubled signs are themselves. Only the references that rolecall writes stay.
fn read_by_terraform(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

#[test]
fn terraform_gets_the_genesys_cloud_side_in_the_words_of_its_provider() {
    let (_, run) = render(&TERRAFORM, &two_actions());
    insta::assert_snapshot!(run.stderr, @r#"
    warning: the configuration makes the Genesys Cloud side, too. Let one tool make it: if Terraform does, write `managed_by = "terraform"` into [genesys] of the manifest, or `rolecall apply` makes a second integration; if rolecall does, render with --without-genesys
    hint: Terraform looks for the provider only where the module names it: `required_providers { genesyscloud = { source = "mypurecloud/genesyscloud" } }`
    hint: write `managed_by = "terraform"` into [role] of the manifest: then Terraform makes the role, and rolecall proves it
    "#);
    let resources = &run.json()["resource"];
    for (kind, named) in resources.as_object().unwrap() {
        if kind.starts_with("genesyscloud_") {
            named.as_object().unwrap().values().for_each(|value| keeps_to_the_documentation(kind, value));
        }
    }
    let side: serde_json::Map<_, _> = resources
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .filter(|(kind, _)| kind.starts_with("genesys"))
        .collect();
    insta::assert_snapshot!(format!("{:#}", Value::Object(side)), @r#"
    {
      "genesyscloud_integration_credential": {
        "genesys_data_actions": {
          "name": "GenesysDataActionRole",
          "credential_type_name": "amazonWebServicesARN",
          "fields": {
            "ARN": "${aws_iam_role.genesys_data_actions.arn}"
          }
        }
      },
      "genesyscloud_integration": {
        "genesys_data_actions": {
          "integration_type": "aws-lambda-data-actions",
          "intended_state": "ENABLED",
          "config": [
            {
              "name": "GenesysDataActionRole",
              "credentials": {
                "AmazonWebServicesARN": "${genesyscloud_integration_credential.genesys_data_actions.id}"
              }
            }
          ]
        },
        "web_services_data_actions": {
          "integration_type": "custom-rest-actions",
          "intended_state": "ENABLED",
          "lifecycle": {
            "ignore_changes": [
              "config[0].credentials"
            ]
          },
          "config": [
            {
              "name": "GenesysDataActionRole"
            }
          ]
        }
      },
      "genesyscloud_integration_action": {
        "get_order_status": {
          "name": "Get order status",
          "category": "Orders",
          "integration_id": "${genesyscloud_integration.genesys_data_actions.id}",
          "secure": false,
          "contract_input": "{\"type\":\"object\",\"properties\":{\"orderNumber\":{\"type\":\"string\"}}}",
          "contract_output": "{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"string\"}}}",
          "config_request": [
            {
              "request_url_template": "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function",
              "request_type": "POST",
              "request_template": "{\"order\": \"$${input.orderNumber}\", \"share\": \"%%{x}\", \"quote\": \"\\\"\", \"all\": \"$$${y}\"}"
            }
          ],
          "config_response": [
            {
              "translation_map": {
                "status": "$.status"
              },
              "translation_map_defaults": {
                "status": "\"$${none}\""
              },
              "success_template": "{\"status\": $${status}}"
            }
          ],
          "config_timeout_seconds": 10
        },
        "look_up_a_customer": {
          "name": "Look up a customer",
          "category": "Orders",
          "integration_id": "${genesyscloud_integration.web_services_data_actions.id}",
          "secure": false,
          "contract_input": "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}}",
          "contract_output": "{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"string\"}}}",
          "config_request": [
            {
              "request_url_template": "https://api.example.com/customers/$${input.id}",
              "request_type": "GET",
              "request_template": "$${input.rawRequest}",
              "headers": {
                "Authorization": "Bearer $${credentials.token}"
              }
            }
          ],
          "config_response": [
            {
              "success_template": "$${rawResult}"
            }
          ],
          "config_timeout_seconds": 60
        }
      }
    }
    "#);
    let request = &resources["genesyscloud_integration_action"]["get_order_status"]["config_request"][0];
    assert_eq!(
        read_by_terraform(request["request_template"].as_str().unwrap()),
        // In Terraform, too, `$${` is `${` after reading, and what was `$${` in the template has three signs.
        r#"{"order": "${input.orderNumber}", "share": "%{x}", "quote": "\"", "all": "$${y}"}"#
    );
}

#[test]
fn the_role_alone_is_rendered_on_request_and_without_a_genesys_cloud_side() {
    for (arguments, manifest) in
        [(&["--without-genesys"] as &[&str], two_actions()), (&[], manifest(ONE_TARGET))]
    {
        let (_, run) = render(&[&TERRAFORM, arguments].concat(), &manifest);
        let rendered = run.expect(0).json();
        let kinds: Vec<_> = rendered["resource"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(kinds, ["aws_iam_role", "aws_iam_policy", "aws_iam_role_policy_attachment"]);
    }
}

/// What is exported is what `apply` makes.
#[test]
fn actions_are_exported_without_a_call() {
    let export = ["render", "--format", "genesys-export", "--account", "123456789012"];
    let (_, run) = render(&export, &two_actions());
    insta::assert_snapshot!(run.whole(), @"
    exit 2
    -- stderr
    error[E1]: the manifest has 2 actions, and each is a file of its own
    hint: name a folder for them: `--out DIR`
    ");
    let (stage, run) = render(&[&export as &[&str], &["--out", "actions"]].concat(), &two_actions());
    insta::assert_snapshot!(run.whole(), @"
    exit 0
    -- stdout
    actions/get-order-status.json
    actions/look-up-a-customer.json
    ");
    let file = |name: &str| std::fs::read_to_string(stage.folder.path().join("actions").join(name)).unwrap();
    insta::assert_snapshot!(file("look-up-a-customer.json"), @r#"
    {
      "name": "Look up a customer",
      "integrationType": "custom-rest-actions",
      "actionType": "custom",
      "config": {
        "request": {
          "requestUrlTemplate": "https://api.example.com/customers/${input.id}",
          "requestType": "GET",
          "headers": {
            "Authorization": "Bearer ${credentials.token}"
          },
          "requestTemplate": "${input.rawRequest}"
        },
        "response": {
          "translationMap": {},
          "translationMapDefaults": {},
          "successTemplate": "${rawResult}"
        },
        "timeoutSeconds": 60
      },
      "contract": {
        "input": {
          "inputSchema": {
            "type": "object",
            "properties": {
              "id": {
                "type": "string"
              }
            }
          }
        },
        "output": {
          "successSchema": {
            "type": "object",
            "properties": {
              "status": {
                "type": "string"
              }
            }
          }
        }
      },
      "secure": false
    }
    "#);
    assert!(stage.calls().is_empty());
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    let live = stage.run_client(&["genesys", "action", "export", ACTION]).expect(0).stdout;
    let (live, rendered): (Value, Value) =
        (serde_json::from_str(&live).unwrap(), serde_json::from_str(&file("get-order-status.json")).unwrap());
    assert_eq!(live, rendered);

    let (_, run) = render(&export, &manifest(ONE_TARGET));
    insta::assert_snapshot!(run.whole(), @"
    exit 2
    -- stderr
    error[E42]: the manifest has no actions
    hint: add an [[action]] to the manifest
    ");
}
