//! Reading a manifest from disk and writing one to it.

use std::fs;
use std::io;
use std::path::Path;

use rolecall_model::manifest::write::save;
use rolecall_model::manifest::{Manifest, ManifestError};

use super::{FULL, LEAST};

/// What `load` says about a file with these bytes, without the folder's name.
fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rolecall.toml");
    fs::write(&path, bytes).unwrap();
    let error = Manifest::load(&path).unwrap_err();
    error.to_string().replace(&folder.path().display().to_string(), "")
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_manifest_knows_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rolecall.toml");
    fs::write(&path, format!("\u{feff}{FULL}")).unwrap();
    let (manifest, warnings) = Manifest::load(&path).unwrap();
    assert_eq!(warnings, []);
    let schema = manifest.locate(&manifest.actions[0].input_schema);
    assert_eq!(schema, folder.path().join("schemas/order-request.json"));
    let (manifest, _) = Manifest::parse(FULL, "rolecall.toml").unwrap();
    assert_eq!(manifest.locate(Path::new("a.json")), Path::new("a.json"));
}

#[test]
fn what_is_no_manifest_is_refused_for_what_it_is() {
    assert_eq!(refusal(b""), "/rolecall.toml: the file is empty; `rolecall init` writes a manifest");
    assert_eq!(
        refusal(b"\xef\xbb\xbf \n"),
        "/rolecall.toml: the file is empty; `rolecall init` writes a manifest"
    );
    assert_eq!(
        refusal(b"version = 1\nname = \"\xff\"\n"),
        "`/rolecall.toml` is not a manifest: line 2 is not UTF-8; save it as UTF-8"
    );
    assert_eq!(
        refusal(b"\xff\xfev\0e\0"),
        "`/rolecall.toml` is not a manifest: it is UTF-16; save it as UTF-8"
    );
    assert_eq!(
        refusal(&vec![b'#'; 1_048_577]),
        "`/rolecall.toml` is not a manifest: it has 1048577 bytes, but a manifest has at most 1048576"
    );
    assert!(refusal(b"version = ").starts_with("/rolecall.toml:1:11: this is not TOML"));
}

#[test]
fn the_largest_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rolecall.toml");
    let text = format!("{LEAST}#{}", "x".repeat(1_048_576 - LEAST.len() - 1));
    assert_eq!(text.len(), 1_048_576);
    fs::write(&path, text).unwrap();
    Manifest::load(&path).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("rolecall.toml");
    let error = Manifest::load(&missing).unwrap_err();
    assert!(matches!(&error, ManifestError::Missing { path } if *path == missing));
    assert!(
        error.to_string().ends_with("; `rolecall init` writes a manifest, `--file` names a different path"),
        "{error}"
    );

    let error = Manifest::load(folder.path()).unwrap_err().to_string();
    let named = folder.path().join("rolecall.toml");
    assert!(error.ends_with(&format!("it is a folder; name the file: `{}`", named.display())), "{error}");

    fs::write(&missing, LEAST).unwrap();
    let error = Manifest::load(&missing.join("below-a-file")).unwrap_err();
    assert!(matches!(&error, ManifestError::Unreadable { .. }), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn saving_replaces_the_whole_file_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rolecall.toml");
    save(&path, FULL).unwrap();
    save(&path, LEAST).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), LEAST);
    assert_eq!(names(folder.path()), ["rolecall.toml"]);
}

#[test]
fn a_failed_save_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(save(&folder.path().join("missing/rolecall.toml"), LEAST).is_err());
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("file"), "x").unwrap();
    assert!(save(&taken, LEAST).is_err());
    assert_eq!(names(folder.path()), ["taken"]);
}

#[cfg(unix)]
#[test]
fn a_new_file_is_as_readable_as_any_other() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("rolecall.toml"), folder.path().join("other"));
    save(&path, LEAST).unwrap();
    fs::write(&other, "x").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&other));
}

#[test]
fn a_save_that_fails_says_what_the_system_said() {
    let folder = tempfile::tempdir().unwrap();
    let error = save(&folder.path().join("missing/rolecall.toml"), LEAST).unwrap_err();
    assert_eq!(error.to_string(), io::Error::from_raw_os_error(error.raw_os_error().unwrap()).to_string());
}

#[cfg(unix)]
#[test]
fn saving_keeps_permissions_and_follows_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("real.toml"), folder.path().join("rolecall.toml"));
    fs::write(&path, FULL).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&path, &link).unwrap();
    save(&link, LEAST).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&path).unwrap(), LEAST);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}
