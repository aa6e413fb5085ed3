//! What rolecall writes where a user names the place: it replaces its own files, and nothing of the user's.

use std::fs;

use super::genesys::{TEST, applied};
use super::stage::{ROLE, Run, Stage};
use super::views::named;

/// Every way to name a file: the command, with `{}` in the place of the path, and the kind of file.
const FILES: [&str; 17] = [
    "plan --out {}",
    "plan --report json={}",
    "plan --report sarif={}",
    "plan --report junit={}",
    "plan --report github={}",
    "plan --report markdown={}",
    "plan --report html={}",
    "plan --file rolecall.toml --file b.toml --report json={}",
    "plan --file rolecall.toml --file b.toml --report markdown={}",
    "apply --yes --level paper --report json={}",
    "verify --level paper --report markdown={}",
    "drift --report github={}",
    "prove trust.json --report json={}",
    "prove trust.json --report markdown={}",
    "prove trust.json --report github={}",
    "handover write --from aws --out {}",
    "genesys action export EXPORTED --out {}",
];

/// Every way to name a folder, and one of the files that come into it.
const FOLDERS: [(&str, &str); 5] = [
    ("plan --smtlib {}", ".smt2"),
    ("verify --level paper --smtlib {}", ".smt2"),
    ("prove trust.json --smtlib {}", ".smt2"),
    (
        "render --format genesys-export --account 123456789012 --region us-east-1 --out {}",
        "get-order-status.json",
    ),
    ("man --dir {}", "rolecall-plan.1"),
];

/// With a second manifest, a trust policy, and an action in Genesys Cloud.
fn stage() -> Stage {
    let stage = applied();
    let text = read(&stage, "rolecall.toml");
    stage.write("b.toml", text.replace(ROLE, "AnotherRole").split("[[action]]").next().unwrap());
    let trust = stage.run(&["render", "trust", "--account", "123456789012", "--region", "us-east-1"]);
    stage.write("trust.json", &trust.expect(0).stdout);
    stage.calls();
    stage
}

fn read(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.folder.path().join(name)).unwrap()
}

fn run(stage: &Stage, command: &str, path: &str, more: &[&str]) -> Run {
    let words = command.split(' ').map(|word| match word {
        "EXPORTED" => TEST[3].to_owned(),
        word => word.replace("{}", path),
    });
    let words: Vec<String> = words.chain(more.iter().map(ToString::to_string)).collect();
    stage.run_client(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_file_is_replaced_where_rolecall_wrote_it_and_only_there() {
    let stage = stage();
    for command in FILES {
        run(&stage, command, "out", &[]).expect(0);
        let written = read(&stage, "out");
        // Its own file, and an empty one, are replaced.
        run(&stage, command, "out", &[]).expect(0);
        stage.write("out", "");
        run(&stage, command, "out", &[]).expect(0);
        assert!(!read(&stage, "out").is_empty());
        // Any other file stays, also one in which rolecall is mentioned, and nothing was contacted.
        for foreign in
            ["precious", "# rolecall\nnotes", "{}\n", "{\n  \"command\": \"x\"\n}\n", "handover = 1\n", "\n"]
        {
            stage.write("out", foreign);
            stage.calls();
            let refused = run(&stage, command, "out", &[]).expect(2);
            assert_eq!(read(&stage, "out"), foreign, "{command}");
            assert!(stage.calls().is_empty(), "{command}");
            assert!(
                refused.stderr.contains("`out` already exists, and rolecall did not write it as a"),
                "{}",
                refused.stderr
            );
            assert!(refused.stderr.contains("or replace this one with `--force`"), "{}", refused.stderr);
        }
        run(&stage, command, "out", &["--force"]).expect(0);
        assert_eq!(read(&stage, "out").lines().next(), written.lines().next(), "{command}");
        fs::remove_file(stage.folder.path().join("out")).unwrap();
    }
}

/// Of the files that come into a folder, all are written or none.
#[test]
fn every_file_of_a_folder_is_replaced_where_rolecall_wrote_it_and_only_there() {
    let stage = stage();
    for (command, end) in FOLDERS {
        run(&stage, command, "folder", &[]).expect(0);
        run(&stage, command, "folder", &[]).expect(0);
        let folder = stage.folder.path().join("folder");
        let names = || -> Vec<String> {
            let entries = fs::read_dir(&folder).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let name = names().into_iter().find(|name| name.ends_with(end)).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        stage.write(&format!("folder/{name}"), "precious");
        let refused = run(&stage, command, "folder", &[]).expect(2);
        assert!(
            refused.stderr.contains(&format!("folder/{name}` already exists, and rolecall did not")),
            "{}",
            refused.stderr
        );
        assert_eq!((read(&stage, &format!("folder/{name}")), names().len()), ("precious".to_owned(), 1));
        run(&stage, command, "folder", &["--force"]).expect(0);
        assert_ne!(read(&stage, &format!("folder/{name}")), "precious");
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn what_a_manifest_names_and_the_manifest_itself_are_never_replaced() {
    let stage = stage();
    let mut said = String::new();
    let kept = ["rolecall.toml", "schemas/request.json", "./schemas/../input.json"];
    let before = kept.map(|name| read(&stage, name));
    for command in FILES.iter().filter(|command| !command.starts_with("prove")) {
        for path in kept {
            for more in [[].as_slice(), &["--force"]] {
                let refused = run(&stage, command, path, more).expect(2);
                if *command == FILES[0] {
                    said += &named(format!("{command} {path} {more:?}"), &refused.standard_error());
                }
            }
        }
        assert_eq!(kept.map(|name| read(&stage, name)), before, "{command}");
    }
    // By whatever name, and whatever is in it.
    let report = run(&stage, "drift --report json={}", "out.json", &[]).expect(0);
    assert_eq!(report.stderr, "");
    fs::rename(stage.folder.path().join("out.json"), stage.folder.path().join("input.json")).unwrap();
    let report = read(&stage, "input.json");
    run(&stage, "plan --report json={}", "input.json", &["--force"]).expect(2);
    assert_eq!(read(&stage, "input.json"), report);
    // A manifest that is not understood may name anything.
    stage.write("notes.md", "precious");
    stage.write("rolecall.toml", "version = [");
    let refused = run(&stage, "drift --report json={}", "notes.md", &["--force"]).expect(2);
    said += &named("drift with a broken manifest".to_owned(), &refused.standard_error());
    assert_eq!(read(&stage, "notes.md"), "precious");
    insta::assert_snapshot!(said);
}

#[cfg(unix)]
#[test]
fn what_is_not_an_ordinary_file_is_never_written_to() {
    let stage = stage();
    std::os::unix::fs::symlink("trust.json", stage.folder.path().join("link")).unwrap();
    std::os::unix::fs::symlink("nothing", stage.folder.path().join("dangling")).unwrap();
    assert!(
        std::process::Command::new("mkfifo")
            .arg(stage.folder.path().join("pipe"))
            .status()
            .unwrap()
            .success()
    );
    let trust = read(&stage, "trust.json");
    for command in FILES {
        for path in [
            "link",
            "dangling",
            "pipe",
            "schemas",
            "schemas/",
            "/dev/stdout",
            "/dev/null",
            "-",
            "nowhere/file",
        ] {
            stage.calls();
            let refused = run(&stage, command, path, &["--force"]).expect(2);
            assert!(refused.stdout.is_empty() && stage.calls().is_empty(), "{command} {path}");
        }
    }
    assert_eq!(read(&stage, "trust.json"), trust);
    assert!(!stage.folder.path().join("nothing").exists() && !stage.folder.path().join("-").exists());
    insta::assert_snapshot!(run(&stage, FILES[15], "-", &[]).standard_error());
}

/// A plan says what is about to be done to whom: it stays with its owner.
#[cfg(unix)]
#[test]
fn a_saved_plan_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = stage();
    stage.write("out", "");
    run(&stage, FILES[0], "out", &[]).expect(0);
    let mode = fs::metadata(stage.folder.path().join("out")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
