//! A manifest that begins with a hand-over file.

use std::fs;

use super::handover::{from_aws, from_genesys};
use super::stage::Stage;
use super::views::named;

#[test]
fn a_manifest_begins_with_a_file_but_whom_it_trusts_does_not() {
    let stage = Stage::new();
    let mut said = String::new();
    let end = from_genesys().find("\n[aws]").unwrap();
    for (name, text, more) in [
        ("from AWS", from_aws(), [].as_slice()),
        ("from Genesys Cloud", from_genesys()[..end].to_owned(), &["--target", "orders"]),
        ("what is missing", from_genesys()[..end].to_owned(), &[]),
        ("an account of somebody else", from_aws().replace("765628985471", "210987654321"), &[]),
        ("said twice", from_aws(), &["--target", "orders"]),
    ] {
        stage.write("handover.toml", &text);
        let init = ["init", "--from-handover", "handover.toml", "--file", "new.toml", "--force"];
        said += &named(name, &stage.run(&[&init, more].concat()).whole());
        let written = stage.folder.path().join("new.toml");
        if let Ok(text) = fs::read_to_string(&written) {
            let keys = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
            said += &keys.map(|line| format!("  {line}\n")).collect::<String>();
            fs::remove_file(written).unwrap();
        }
    }
    insta::assert_snapshot!(said, @r#"
    === from AWS
    exit 0
    -- stdout
    wrote new.toml
    -- stderr
    warning: the account 123456789012 comes from the file, and functions there get what flows send: confirm it in another way than this file
    warning: `rolecall handover check` compares the organization's ID with yours
    hint: `rolecall genesys connect --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole --file new.toml` makes the integration; it needs no access to AWS
      version = 1
      [genesys]
      region = "us-east-1"
      organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
      [genesys.integration]
      [role]
      name = "GenesysDataActionRole"
      path = "/"
      max_session_duration = 3600
      [[target]]
      function = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
      [aws]
      account = "123456789012"
      region = "us-east-1"
    === from Genesys Cloud
    exit 0
    -- stdout
    wrote new.toml
    -- stderr
    warning: the organization's ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 comes from the file, and it decides who can assume the role: confirm it with the organization's administrator in another way
    hint: `rolecall plan --file new.toml` shows what it would make; `rolecall apply --file new.toml --sandbox` tries it without an account
      version = 1
      [genesys]
      region = "us-east-1"
      organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"
      [role]
      name = "GenesysDataActionRole"
      path = "/"
      max_session_duration = 3600
      [[target]]
      function = "orders"
    === what is missing
    exit 2
    -- stderr
    error[E1]: --target is missing, and there is no terminal to ask for it
    hint: `rolecall init --help` lists the options
    === an account of somebody else
    exit 2
    -- stderr
    error[E10]: the file says that the role trusts account 210987654321, but Genesys Cloud uses 765628985471 in us-east-1 (mypurecloud.com); nothing was written
    hint: ask whoever sent the file; if Genesys gave you that account, write the manifest with --trusted-account instead
    === said twice
    exit 2
    -- stderr
    error[E1]: the file says what --target says
    hint: leave the option out
    "#);
}
