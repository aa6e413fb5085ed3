//! `--report FORMAT=PATH`: one run, one result, several documents; and what must never be written to.

use std::fs;
use std::path::Path;

use rolecall::sandbox::Tamper;

use super::stage::{ONE_TARGET, ROLE, Run, Stage, binary, manifest};
use super::views::named;

const FORMATS: [&str; 6] = ["json", "sarif", "junit", "github", "markdown", "html"];

fn read(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.folder.path().join(name)).unwrap()
}

/// A command with every format in a file, and one of them on standard output too.
fn run_with_reports(stage: &Stage, arguments: &[&str], formats: &[&str], on_output: &str) -> Run {
    let reports: Vec<String> =
        formats.iter().map(|format| format!("--report={format}=out.{format}")).collect();
    let reports = reports.iter().map(String::as_str);
    let arguments: Vec<&str> =
        arguments.iter().copied().chain(["--output", on_output]).chain(reports).collect();
    stage.run(&arguments)
}

#[test]
fn every_format_of_one_result_is_what_standard_output_would_have_been() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::TrustExtraPrincipal);
    for on_output in FORMATS {
        let run = run_with_reports(&stage, &["drift"], &FORMATS, on_output).expect(4);
        // The same document, with the same time in it: of one result.
        assert_eq!(run.stdout, read(&stage, &format!("out.{on_output}")));
    }
    let report: serde_json::Value = serde_json::from_str(&read(&stage, "out.json")).unwrap();
    assert_eq!((&report["command"], &report["exit_code"]), (&"drift".into(), &4.into()));
    let time = report["time"].as_str().unwrap();
    assert!(read(&stage, "out.markdown").contains(time));
    assert!(read(&stage, "out.html").contains(time));
}

#[test]
fn text_for_people_stays_what_it_is() {
    let stage = Stage::new();
    let alone = stage.run(&["plan"]).expect(0);
    let beside = stage.run(&["plan", "--report", "json=out.json"]).expect(0);
    assert_eq!((alone.stdout, alone.stderr), (beside.stdout, beside.stderr));
    assert!(read(&stage, "out.json").starts_with('{'));
}

#[test]
fn each_command_with_a_report_writes_it_with_its_exit_code() {
    let stage = Stage::new();
    for (arguments, exit) in [
        (["plan", "--detailed-exitcode"].as_slice(), 4),
        (&["apply", "--yes", "--level", "paper"], 0),
        (&["verify", "--level", "paper"], 0),
        (&["drift"], 0),
    ] {
        run_with_reports(&stage, arguments, &FORMATS, "human").expect(exit);
        let report: serde_json::Value = serde_json::from_str(&read(&stage, "out.json")).unwrap();
        assert_eq!((&report["command"], &report["exit_code"]), (&arguments[0].into(), &exit.into()));
        for format in FORMATS {
            fs::remove_file(stage.folder.path().join(format!("out.{format}"))).unwrap();
        }
    }
    let trust =
        stage.run(&["render", "trust", "--account", "123456789012", "--region", "us-east-1"]).expect(0);
    stage.write("trust.json", &trust.stdout);
    let formats = ["json", "sarif", "junit", "github", "markdown"];
    run_with_reports(&stage, &["prove", "trust.json"], &formats, "human").expect(0);
    for format in formats {
        let printed = stage.run(&["prove", "trust.json", "--output", format]).expect(0).stdout;
        assert_eq!(printed, read(&stage, &format!("out.{format}")), "{format}");
    }
}

#[test]
fn several_manifests_are_one_report_beside_the_text_of_each() {
    let stage = Stage::new();
    stage.write("a.toml", &manifest(ONE_TARGET).replace(ROLE, "AnotherRole"));
    let both = ["plan", "--file", "a.toml", "--file", "rolecall.toml"];
    let alone = stage.run(&both).stdout;
    let run = run_with_reports(&stage, &both, &FORMATS, "human");
    assert_eq!(run.stdout, alone);
    let report: serde_json::Value = serde_json::from_str(&read(&stage, "out.json")).unwrap();
    assert_eq!(report["roles"].as_array().unwrap().len(), 2);
    assert_eq!(report["exit_code"], run.status);
}

#[test]
fn a_command_that_fails_before_it_has_a_result_says_so_in_every_file() {
    let stage = Stage::new();
    stage.write("rolecall.toml", "version = 2\n");
    for on_output in FORMATS {
        let run = run_with_reports(&stage, &["drift"], &FORMATS, on_output).expect(2);
        assert_eq!(run.stdout, read(&stage, &format!("out.{on_output}")));
    }
    let sarif: serde_json::Value = serde_json::from_str(&read(&stage, "out.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn a_path_that_cannot_be_a_report_is_refused_before_anything_is_contacted_or_written() {
    let stage = Stage::new();
    stage.write("folder/file", "");
    stage.write("plan.out", "kept");
    stage.write(".aws/credentials", "kept");
    stage.write("policies/trust.json", "kept");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("plan.out", stage.folder.path().join("link")).unwrap();
        std::os::unix::fs::symlink("folder", stage.folder.path().join("other-folder")).unwrap();
    }
    let mut said = String::new();
    for arguments in [
        ["drift", "--report", "json=-"].as_slice(),
        &["drift", "--report", "json="],
        &["drift", "--report", "json"],
        &["drift", "--report", "yaml=a"],
        &["drift", "--report", "json=folder"],
        &["drift", "--report", "json=plan.out/"],
        &["drift", "--report", "json=plan.out/."],
        &["drift", "--report", "json=.aws/credentials"],
        &["drift", "--report", "json=nowhere/a.json"],
        &["drift", "--report", "json=link"],
        &["drift", "--report", "json=rolecall.toml"],
        &["drift", "--report", "json=./folder/../rolecall.toml"],
        &["drift", "--file", "*.toml", "--report", "json=rolecall.toml"],
        &["drift", "--report", "json=a", "--report", "sarif=./a"],
        &["drift", "--report", "json=folder/a", "--report", "sarif=other-folder/a"],
        &["drift", "--policies", "policies", "--report", "json=policies/trust.json"],
        &["plan", "--out", "new.plan", "--report", "json=new.plan"],
        &["plan", "--smtlib", "folder", "--report", "json=folder/a.json"],
        &["verify", "--smtlib", "folder", "--report", "json=other-folder/file"],
        &["prove", "rolecall.toml", "--smtlib", "new", "--report", "json=new"],
        &["apply", "plan.out", "--report", "json=plan.out"],
        &["prove", "rolecall.toml", "--report", "json=rolecall.toml"],
        &["prove", "rolecall.toml", "--report", "html=a.html"],
        &["verify", "--explain-error", "AccessDenied", "--report", "json=a"],
    ] {
        let before = fs::read_dir(stage.folder.path()).unwrap().count();
        let run = stage.run(arguments).expect(2);
        assert_eq!(run.stdout, "");
        assert_eq!(fs::read_dir(stage.folder.path()).unwrap().count(), before);
        said += &named(arguments.join(" "), &run.standard_error());
    }
    assert_eq!(read(&stage, "plan.out"), "kept");
    assert_eq!(read(&stage, "policies/trust.json"), "kept");
    assert_eq!(read(&stage, ".aws/credentials"), "kept");
    assert!(read(&stage, "rolecall.toml").starts_with("version"));
    assert!(stage.calls().is_empty());
    insta::assert_snapshot!(said, @"
    === drift --report json=-
    exit 2
    -- stderr
    error[E1]: `--report FORMAT=-` names no file
    hint: `--output FORMAT` prints the result to standard output
    === drift --report json=
    exit 2
    -- stderr
    error[E1]: `--report` needs a file, and `` is not one
    hint: name a file for the report
    === drift --report json
    exit 2
    -- stderr
    error[E1]: invalid value 'json' for '--report <FORMAT=PATH>': must be FORMAT=PATH; the formats are json, sarif, junit, github, markdown, html

    For more information, try '--help'.
    === drift --report yaml=a
    exit 2
    -- stderr
    error[E1]: invalid value 'yaml=a' for '--report <FORMAT=PATH>': `yaml` is not a format; the formats are json, sarif, junit, github, markdown, html

    For more information, try '--help'.
    === drift --report json=folder
    exit 2
    -- stderr
    error[E1]: the report `folder` is not an ordinary file (a symbolic link is not followed)
    hint: name a new file, or one that may be replaced
    === drift --report json=plan.out/
    exit 2
    -- stderr
    error[E1]: `plan.out/` names a folder, and a report is a file
    hint: name a file in the folder
    === drift --report json=plan.out/.
    exit 2
    -- stderr
    error[E1]: `plan.out/.` names a folder, and a report is a file
    hint: name a file in the folder
    === drift --report json=.aws/credentials
    exit 2
    -- stderr
    error[E1]: `--report` would replace the AWS configuration `.aws/credentials`
    hint: name another file for the report
    === drift --report json=nowhere/a.json
    exit 2
    -- stderr
    error[E1]: the folder of the report `nowhere/a.json` does not exist
    hint: create the folder first; rolecall creates the file alone
    === drift --report json=link
    exit 2
    -- stderr
    error[E1]: the report `link` is not an ordinary file (a symbolic link is not followed)
    hint: name a new file, or one that may be replaced
    === drift --report json=rolecall.toml
    exit 2
    -- stderr
    error[E1]: `--report` would replace the manifest `rolecall.toml`
    hint: name another file for the report
    === drift --report json=./folder/../rolecall.toml
    exit 2
    -- stderr
    error[E1]: `--report` would replace the manifest `./folder/../rolecall.toml`
    hint: name another file for the report
    === drift --file *.toml --report json=rolecall.toml
    exit 2
    -- stderr
    error[E1]: `--report` would replace the manifest `rolecall.toml`
    hint: name another file for the report
    === drift --report json=a --report sarif=./a
    exit 2
    -- stderr
    error[E1]: two reports cannot be one file: `./a`
    hint: name a file for each format
    === drift --report json=folder/a --report sarif=other-folder/a
    exit 2
    -- stderr
    error[E1]: two reports cannot be one file: `other-folder/a`
    hint: name a file for each format
    === drift --policies policies --report json=policies/trust.json
    exit 2
    -- stderr
    error[E1]: `--report` would replace the template `policies/trust.json`
    hint: name another file for the report
    === plan --out new.plan --report json=new.plan
    exit 2
    -- stderr
    error[E1]: `--report` would replace the saved plan `new.plan`
    hint: name another file for the report
    === plan --smtlib folder --report json=folder/a.json
    exit 2
    -- stderr
    error[E1]: the report `folder/a.json` is in the folder that `--smtlib` writes to
    hint: name a file in another folder
    === verify --smtlib folder --report json=other-folder/file
    exit 2
    -- stderr
    error[E1]: the report `other-folder/file` is in the folder that `--smtlib` writes to
    hint: name a file in another folder
    === prove rolecall.toml --smtlib new --report json=new
    exit 2
    -- stderr
    error[E1]: the report `new` is in the folder that `--smtlib` writes to
    hint: name a file in another folder
    === apply plan.out --report json=plan.out
    exit 2
    -- stderr
    error[E1]: `--report` would replace the saved plan `plan.out`
    hint: name another file for the report
    === prove rolecall.toml --report json=rolecall.toml
    exit 2
    -- stderr
    error[E1]: `--report` would replace the file to prove `rolecall.toml`
    hint: name another file for the report
    === prove rolecall.toml --report html=a.html
    exit 2
    -- stderr
    error[E1]: invalid value 'html=a.html' for '--report <FORMAT=PATH>': `html` is not a format; the formats are json, sarif, junit, github, markdown

    For more information, try '--help'.
    === verify --explain-error AccessDenied --report json=a
    exit 2
    -- stderr
    error[E1]: the argument '--explain-error <TEXT>' cannot be used with '--report <FORMAT=PATH>'

    Usage: rolecall verify --explain-error <TEXT>

    For more information, try '--help'.
    ");
}

#[test]
fn words_of_a_wrong_command_line_are_no_commands_to_a_runner() {
    let stage = Stage::new();
    let run = stage.run(&["drift", "--report", "json\n::error::a\u{1b}[2J=b"]).expect(2);
    insta::assert_snapshot!(run.standard_error(), @r"
    exit 2
    -- stderr
    error[E1]: invalid value 'json
    \u003a:error::a\u001b[2J=b' for '--report <FORMAT=PATH>': `json
    \u003a:error::a\u001b[2J` is not a format; the formats are json, sarif, junit, github, markdown, html

    For more information, try '--help'.
    ");
    let run = stage.run(&["drift", "--report", "json=a\n::error::b/c"]).expect(2);
    insta::assert_snapshot!(run.standard_error(), @r"
    exit 2
    -- stderr
    error[E1]: the folder of the report `a
    \u003a:error::b/c` does not exist
    hint: create the folder first; rolecall creates the file alone
    ");
}

/// A folder that nobody may write to; `None` where that hinders nobody, such as root.
#[cfg(unix)]
fn closed(folder: &Path) -> Option<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir(folder).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o500)).unwrap();
    fs::write(folder.join("try"), "").is_err().then_some(())
}

#[cfg(unix)]
#[test]
fn a_report_that_cannot_be_written_fails_the_command_before_it_contacts_anything() {
    // A name that is too long for the file system hinders root too; the folder hinders everybody else.
    let stage = Stage::new();
    run_with_reports(&stage, &["plan"], &["sarif"], "human").expect(0);
    stage.calls();
    let long = format!("json={}", "a".repeat(300));
    let report = ["--report", long.as_str(), "--report", "sarif=out.sarif"];
    let mut said =
        stage.run(&[&["apply", "--yes", "--level", "paper", "--quiet"], &report[..]].concat()).expect(1);
    said.stderr = said.stderr.replace(&"a".repeat(300), "[long]");
    assert!(stage.calls().is_empty());
    assert!(read(&stage, "out.sarif").contains("\"executionSuccessful\": false"));
    assert!(read(&stage, "out.sarif").contains("cannot write the json report"));
    insta::assert_snapshot!(said.standard_error(), @"
    exit 1
    -- stderr
    error[E11]: cannot write the json report `[long]`: File name too long (os error [number])
    hint: nothing was contacted; name a file that can be written
    ");
    let folder = stage.folder.path().join("closed");
    if closed(&folder).is_some() {
        stage.run(&["plan", "--report", "json=closed/a"]).expect(1);
        assert!(stage.calls().is_empty());
    }
}

#[test]
fn a_report_that_cannot_be_written_in_the_end_fails_the_command_and_the_others_are_written() {
    let stage = Stage::new();
    let in_the_way = || {
        let path = stage.folder.path().join("out.json");
        let _ = fs::remove_dir(&path);
        stage.sandbox.once_after(
            |_| true,
            move |_, _| {
                fs::remove_file(&path).unwrap();
                fs::create_dir(&path).unwrap();
            },
        );
    };
    let report = ["--report", "json=out.json", "--report", "sarif=out.sarif"];
    in_the_way();
    let said = stage.run(&[&["apply", "--yes", "--level", "paper", "--quiet"], &report[..]].concat());
    assert!(read(&stage, "out.sarif").contains("\"executionSuccessful\": true"));
    insta::assert_snapshot!(said.expect(1).standard_error(), @"
    exit 1
    -- stderr
    error[E11]: cannot write the json report `out.json`: it is not an ordinary file (a symbolic link is not followed)
    hint: the command itself succeeded; only its output is incomplete
    ");
    stage.tamper(Tamper::TrustExtraPrincipal);
    in_the_way();
    let said = stage.run(&[&["drift", "--quiet"], &report[..]].concat());
    insta::assert_snapshot!(said.expect(1).standard_error(), @"
    exit 1
    -- stderr
    error[E11]: cannot write the json report `out.json`: it is not an ordinary file (a symbolic link is not followed)
    hint: the command itself ended with exit code 4; in addition its output is incomplete
    ");
}

#[test]
fn a_report_replaces_the_older_one_and_is_as_readable_as_any_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("out.json");
    let report = || {
        let arguments = ["plan", "--sandbox", "--report", "json=out.json"];
        Run::from(binary(folder.path()).args(arguments).output().unwrap()).expect(0);
        fs::read_to_string(&path).unwrap()
    };
    fs::write(&path, report() + &"x".repeat(1 << 20)).unwrap();
    report();
    assert!(fs::read_to_string(&path).unwrap().ends_with("}\n"));
    fs::write(folder.path().join("plain"), "").unwrap();
    let permissions = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions();
    assert_eq!(permissions("out.json"), permissions("plain"));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".tmp")), "{left:?}");
}
