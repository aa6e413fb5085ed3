//! Terraform itself beside the functions of the embedded AWS: it looks them up, and moves their aliases.

use super::managed_by::terraform;
use super::stage::Stage;

const PROVIDER: &str = r#"terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
provider "aws" {
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
"#;

const FUNCTIONS: &str = r#"data "aws_lambda_function" "trigger" {
  function_name = "my-genesys-trigger-function"
}
data "aws_lambda_function" "qualified" {
  function_name = "my-genesys-trigger-function"
  qualifier     = "live"
}
data "aws_lambda_alias" "live" {
  function_name = "orders-status"
  name          = "live"
}
resource "aws_lambda_alias" "calm" {
  name             = "calm"
  description      = "DESCRIPTION"
  function_name    = data.aws_lambda_function.trigger.function_name
  function_version = "VERSION"
}
output "found" {
  value = "${data.aws_lambda_function.qualified.qualified_arn} ${data.aws_lambda_alias.live.arn}"
}
"#;

#[test]
#[ignore = "needs Terraform and a mirror with its AWS provider: `just terraform`"]
fn terraform_itself_reads_functions_and_moves_aliases() {
    let stage = Stage::new();
    let folder = stage.folder.path().join("terraform");
    stage.write("terraform/provider.tf", PROVIDER);
    let write = |description: &str, version: &str| {
        let functions = FUNCTIONS.replace("DESCRIPTION", description).replace("VERSION", version);
        stage.write("terraform/functions.tf", &functions);
    };
    write("first", "1");
    terraform(&stage, &folder, &["init", "-no-color"]);
    terraform(&stage, &folder, &["apply", "-auto-approve", "-no-color"]);
    write("second", "$LATEST");
    terraform(&stage, &folder, &["apply", "-auto-approve", "-no-color"]);
    terraform(&stage, &folder, &["plan", "-detailed-exitcode", "-no-color"]);
    let calm = |stage: &Stage| {
        let state = stage.sandbox.state();
        let function = state.function("123456789012", "us-east-1", "my-genesys-trigger-function").cloned();
        function.unwrap().aliases.get("calm").cloned()
    };
    assert_eq!(calm(&stage).as_deref(), Some("$LATEST"));
    terraform(&stage, &folder, &["destroy", "-auto-approve", "-no-color"]);
    assert_eq!(calm(&stage), None);
}
