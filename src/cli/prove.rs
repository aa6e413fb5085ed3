//! `rolecall prove`: the proof of a role in a file, offline.

use rolecall::extract::{self, ExtractError, Extracted, Kind, RoleDocuments};
use rolecall::iam::prove::RoleIntent;
use rolecall::report::{ExitCode, ProofView, RoleProof};
use rolecall::verify::{decide, findings};

use super::certificate;
use super::failure::UsageError;
use super::input;
use super::options::ProveOptions;
use super::printer::Printer;

pub(crate) fn run(options: &ProveOptions, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    let name = input::name(&options.file);
    let text = input::read(&options.file, extract::MAX_BYTES)?;
    let Extracted { kind, roles } = find(&text, options)
        .map_err(|error| UsageError::new(format!("cannot prove {name}: {error}"), hint(&error)))?;
    let intent = RoleIntent {
        role: None,
        trusted: options.principal.clone(),
        external_id: options.external_id.clone(),
        targets: (!options.target.is_empty()).then(|| options.target.clone()),
    };
    let prove = |(index, role): (usize, &RoleDocuments)| {
        let intent = RoleIntent { role: role.arn.clone(), ..intent.clone() };
        let others: Vec<&RoleDocuments> =
            roles.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, role)| role).collect();
        let is_role = !matches!(kind, Kind::TrustPolicy | Kind::IdentityPolicy);
        RoleProof::new(
            is_role.then(|| role.name.clone()),
            decide(role, &intent),
            &findings(role, &others, &intent, &[]),
            role.notes.clone(),
        )
    };
    if let Some(folder) = &options.smtlib {
        for role in &roles {
            let intent = RoleIntent { role: role.arn.clone(), ..intent.clone() };
            let folder = certificate::folder_of(folder, roles.len(), &role.name);
            certificate::write(&folder, role, &intent, printer)?;
        }
    }
    let source = format!("{kind} {}", input::label(&options.file));
    let view = ProofView { source, roles: roles.iter().enumerate().map(prove).collect() };
    printer.result(&match options.output.is_human() {
        true => view.to_text(),
        false => view.to_json(),
    });
    if view.roles.len() > 1 && view.exit() != ExitCode::Success {
        printer.hint("--role NAME proves only that role of the file");
    }
    Ok(view.exit())
}

fn find(text: &str, options: &ProveOptions) -> Result<Extracted, ExtractError> {
    let extracted = extract::extract(text, &options.parameter.iter().cloned().collect())?;
    match &options.role {
        Some(role) => extracted.only(role),
        None => Ok(extracted),
    }
}

fn hint(error: &ExtractError) -> Option<&'static str> {
    match error {
        ExtractError::TerraformSource => {
            Some("`terraform show -json` prints the state in the form that is read here")
        }
        ExtractError::NoRole { .. } => Some("`rolecall prove` takes a policy document by itself, too"),
        ExtractError::Cases
        | ExtractError::Empty
        | ExtractError::FailedPlan
        | ExtractError::NoParameters { .. }
        | ExtractError::NoSuchParameter { .. }
        | ExtractError::NoSuchRole { .. }
        | ExtractError::NotJson { .. }
        | ExtractError::NotUtf8 { .. }
        | ExtractError::NotYaml(_)
        | ExtractError::Policy(_)
        | ExtractError::ResourcePolicy
        | ExtractError::TerraformVersion { .. }
        | ExtractError::TooLarge { .. }
        | ExtractError::TooManyResources { .. }
        | ExtractError::Unrecognised
        | ExtractError::Utf16 => None,
    }
}
