//! Writing a manifest and reading it again.

use proptest::prelude::*;
use rolecall_model::manifest::write::render;

use super::{FULL, LEAST, VENDOR, parse, strategy};

proptest! {
    /// What is written is what is read.
    #[test]
    fn a_written_manifest_reads_the_same(manifest in strategy::manifest()) {
        let text = render(&manifest);
        let (again, _) = parse(&text);
        prop_assert_eq!(again, manifest, "{}", text);
    }
}

#[test]
fn a_plain_manifest_is_written_without_cause_for_a_warning() {
    for text in [LEAST, FULL, VENDOR] {
        let (manifest, _) = parse(text);
        let (again, warnings) = parse(&render(&manifest));
        assert_eq!((again, warnings), (manifest, vec![]));
    }
}

#[test]
fn the_page_explains_itself() {
    let text = LEAST
        .replace("us-east-1\"", "us-east-1\"\norganization_id = \"5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90\"");
    let (manifest, _) = parse(&text);
    assert_eq!(
        render(&manifest),
        r#"# The IAM role that Genesys Cloud assumes, and the Lambda functions that it may then invoke.
# `rolecall plan` shows what would change in AWS; `rolecall apply` changes and verifies it.
version = 1

[genesys]
# The AWS region in which the organization lives, or its domain. It decides the login host and the AWS
# account that the role trusts.
region = "us-east-1"
# The organization's ID. It is the external ID: without it nobody can assume the role.
organization_id = "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"

[role]
name = "GenesysDataActionRole"
path = "/"
# The longest session in seconds: 3600 to 43200.
max_session_duration = 3600

# Each [[target]] is one function that may be invoked, in exactly this form.

[[target]]
function = "order-status"

# How AWS is reached. With `account`, credentials of any other account are refused:
# [aws]
# account = "123456789012"
"#
    );
}

#[test]
fn the_page_of_a_vendor_says_nothing_about_genesys_cloud() {
    let (manifest, _) = parse(VENDOR);
    insta::assert_snapshot!(render(&manifest), @r#"
    # The IAM role that Datadog assumes, and the Lambda functions that it may then invoke.
    # `rolecall plan` shows what would change in AWS; `rolecall apply` changes and verifies it.
    version = 1

    [vendor]
    name = "Datadog"
    # The AWS account that assumes the role.
    account = "464622532012"
    # The external ID: without it nobody can assume the role.
    external_id = "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"
    external_id_chosen_by = "vendor"

    [role]
    name = "DatadogRole"
    path = "/"
    # The longest session in seconds: 3600 to 43200.
    max_session_duration = 3600

    # Each [[target]] is one function that may be invoked, in exactly this form.

    [[target]]
    function = "order-status"

    # How AWS is reached. With `account`, credentials of any other account are refused:
    # [aws]
    # account = "123456789012"
    "#);
}

#[test]
fn an_external_id_that_the_customer_chose_must_not_be_easy_to_guess() {
    let text = VENDOR.replace("\"vendor\"", "\"us\"");
    assert_eq!(parse(&text).1, vec![]);
    let (_, warnings) = parse(&text.replace("5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90", "acme-production"));
    let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(warnings.join("\n"), @r#"
    rolecall.toml:5:15: this external ID is easy to guess (it looks like a name), and you chose it: another customer of Datadog who states the same external ID may reach the role through Datadog; use a random UUID, or an external ID that Datadog generates for you alone
      |
    5 | external_id = "acme-production"
      |               ^^^^^^^^^^^^^^^^^
    "#);
}
