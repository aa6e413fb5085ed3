//! An address with a password in it, wherever an address or a region can be stated: no message shows the password.

use super::stage::{ONE_TARGET, Run, Stage, manifest};

const PASSWORD: &str = "UrlCanary-4Kp9";

#[test]
fn the_password_in_an_address_is_never_shown() {
    let stage = Stage::new();
    let addresses = [
        format!("https://user:{PASSWORD}@api.mypurecloud.com"),
        format!("http://user:{PASSWORD}@127.0.0.1:9/?a=b"),
        format!("user:{PASSWORD}@mypurecloud.com"),
        format!("ftp://user:{PASSWORD}@[host"),
        format!("https://hooks.example.com/?token={PASSWORD}"),
    ];
    let check = |what: &str, run: &Run| {
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains(PASSWORD), "{what}: {said}");
    };
    for address in &addresses {
        for variable in ["GENESYSCLOUD_REGION", "AWS_REGION", "AWS_ENDPOINT_URL", "HTTPS_PROXY"] {
            for command in [["genesys", "whoami"], ["drift", "--verbose"]] {
                let mut command = stage.client_command(&[&command[..], &["--deadline", "1"]].concat());
                // The first goes before the variable of all services.
                command.env_remove("AWS_ENDPOINT_URL").env(variable, address);
                check(variable, &command.output().unwrap().into());
            }
        }
        let options = [
            "--genesys-region",
            address,
            "--organization-id",
            "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94",
            "--role",
            "r",
        ];
        let init = [&["init", "--file", "new.toml", "--target", "f"], &options[..]].concat();
        let handover = ["handover", "write", "--from", "genesys", "--genesys-region", address];
        for arguments in [&init[..], &handover] {
            let run =
                stage.client_command(arguments).env_remove("GENESYSCLOUD_REGION").output().unwrap().into();
            check(arguments[0], &run);
        }
        for (old, new) in [
            ("region = \"us-east-1\"", format!("region = \"{address}\"")),
            ("[role]", format!("[notify]\nwebhook = \"{address}\"\nsecret = \"s\"\nx = 1\n[role]")),
        ] {
            stage.write("b.toml", &manifest(ONE_TARGET).replacen(old, &new, 1));
            check(old, &stage.run(&["plan", "--file", "b.toml"]));
        }
    }
}
