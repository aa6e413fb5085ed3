//! What advised commands repeat of this run: its manifest and how it reaches the services.

use std::path::{Path, PathBuf};

use rolecall::connect::Services;
use rolecall::report::Invocation;

use super::nearest::nearest_manifest;
use super::options::{AwsOptions, CommonOptions};

/// Of a command that contacts services.
pub(crate) fn of_services(options: &AwsOptions, services: Services) -> Invocation {
    with(options, &options.common.files, services)
}

/// The same of one of several manifests.
pub(crate) fn of_one(options: &AwsOptions, file: &Path, services: Services) -> Invocation {
    with(options, &[file.to_owned()], services)
}

fn with(
    AwsOptions { common, sandbox, profile, region, deadline: _ }: &AwsOptions,
    files: &[PathBuf],
    asked: Services,
) -> Invocation {
    let mut services = Vec::new();
    if *sandbox {
        services.push("--sandbox".to_owned());
    }
    if let Some(profile) = profile {
        services.extend(["--profile".to_owned(), profile.clone()]);
    }
    if let Some(region) = region {
        services.extend(["--region".to_owned(), region.to_string()]);
    }
    let side: &[String] = match asked {
        Services::AwsAlone => &["--side".to_owned(), "aws".to_owned()],
        Services::Aws | Services::Both | Services::Always => &[],
    };
    Invocation::new(&of_manifest(common, files), &services).with_side(side)
}

/// Of a file that is no option of this run.
pub(crate) fn of_file(file: &Path, sandbox: bool) -> Invocation {
    let services = if sandbox { vec!["--sandbox".to_owned()] } else { Vec::new() };
    Invocation::new(&named(file), &services)
}

fn named(file: &Path) -> Vec<String> {
    match file == nearest_manifest() {
        true => Vec::new(),
        // A name that begins with a hyphen would be read as an option.
        false if file.as_os_str().as_encoded_bytes().starts_with(b"-") && file != Path::new("-") => {
            vec!["--file".to_owned(), format!("./{}", file.display())]
        }
        false => vec!["--file".to_owned(), file.display().to_string()],
    }
}

/// Of a command that reads a manifest alone.
pub(crate) fn of_common(options: &CommonOptions) -> Invocation {
    Invocation::new(&of_manifest(options, &options.files), &[])
}

fn of_manifest(
    CommonOptions { files: _, output: _, policies, verbose: _ }: &CommonOptions,
    files: &[PathBuf],
) -> Vec<String> {
    let mut options: Vec<String> = files.iter().flat_map(|file| named(file)).collect();
    if let Some(policies) = policies {
        options.extend(["--policies".to_owned(), policies.display().to_string()]);
    }
    options
}
