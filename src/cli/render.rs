//! `rolecall render`: the exact documents, offline.

use std::path::Path;

use rolecall::connect::{Loaded, stated_external_id};
use rolecall::desired::aws::{DesiredError, Home, boundary_document, desired, fillings};
use rolecall::desired::exchange::exports;
use rolecall::desired::export::{cloudformation, cloudformation_anywhere, terraform};
use rolecall::desired::genesys::{self, web_services_credential};
use rolecall::desired::grant;
use rolecall::desired::sources::{read_file, read_sources};
use rolecall::desired::template::{Template, Templates};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, Context as _, UsageError};
use rolecall::iam::arn::{ExternalId, FunctionArn};
use rolecall::iam::document::Document;
use rolecall::iam::quota::MANAGED_POLICY_SIZE;
use rolecall::manifest::{Boundary, Manager, Manifest};
use rolecall_model::stored::StoredDocument;
use serde_json::{Map, Value};

use super::context::{load_manifest, load_templates};
use super::guardrail;
use super::home::{home, home_of_any_stack, partition, targets};
use super::options::{RenderOptions, Rendered, RenderedDocument, RenderedFormat};
use super::overwrite::FileKind;
use super::printer::Printer;

const ALL: [(RenderedDocument, &str); 7] = [
    (RenderedDocument::Trust, "trust"),
    (RenderedDocument::Invoke, "invoke"),
    (RenderedDocument::Grants, "grants"),
    (RenderedDocument::Boundary, "boundary"),
    (RenderedDocument::Provisioner, "provisioner"),
    (RenderedDocument::Verifier, "verifier"),
    (RenderedDocument::Twin, "twin"),
];

pub(crate) fn run(options: &RenderOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let loaded = load_manifest(&options.common, false, printer)?;
    let wanted = match options.document {
        Some(Rendered::Guardrail(part)) => return guardrail::run(part, options, &loaded, printer),
        Some(Rendered::Document(_) | Rendered::KeyPolicy) | None if !options.provisioner.is_empty() => {
            let hint = "`rolecall render guardrail` prints it, with the resource control policy";
            return Err(
                UsageError::new("`--provisioner` is for the service control policy", Some(hint)).into()
            );
        }
        Some(Rendered::KeyPolicy) => return key_statement(&loaded.manifest, printer),
        Some(Rendered::Document(document)) => Some(document),
        None => None,
    };
    let Loaded { manifest, .. } = loaded;
    let templates = load_templates(options.common.policies.as_deref())?;
    let external_id = stated_external_id(&manifest)?;
    // CloudFormation knows the account and the partition of a stack; nothing else that is rendered does.
    let anywhere = options.format == Some(RenderedFormat::Cloudformation) && options.account.is_none();
    let home = match anywhere {
        true => home_of_any_stack(&manifest, &external_id, &templates)?,
        false => home(options, &manifest)?,
    };
    let targets = targets(options, &manifest, &home)?;
    let given = Given { manifest, external_id, templates, home, targets };
    if let Some(format) = options.format {
        return whole(format, options, &given, printer);
    }
    let Given { manifest, home, .. } = &given;
    let boundary = manifest.role.permissions_boundary.as_ref();
    let fill = |document| document_of(document, &given);
    let is_there = |document| match document {
        RenderedDocument::Grants => !manifest.grants.is_empty(),
        RenderedDocument::Invoke => !given.targets.is_empty(),
        RenderedDocument::Trust
        | RenderedDocument::Boundary
        | RenderedDocument::Provisioner
        | RenderedDocument::Verifier
        | RenderedDocument::Twin => true,
    };
    if let Some(missing) = wanted.filter(|it| !is_there(*it)) {
        let (section, hint) = match missing {
            RenderedDocument::Invoke => ("[[target]]", "a [[target]] names a function that the role is for"),
            _ => ("[[grant]]", "a [[grant]] says what else than functions the role is for"),
        };
        let message = format!("there is no policy to render: the manifest has no {section}");
        return Err(UsageError::new(message, Some(hint)).into());
    }
    let is_printed = |document| match wanted {
        Some(wanted) => wanted == document,
        None => is_there(document),
    };
    let all = || ALL.into_iter().filter(|(document, _)| is_printed(*document));
    for (document, name) in all() {
        if let Some(way_out) = way_out_of_size(document, boundary) {
            warn_of_size(name, &fill(document)?, way_out, printer);
        }
    }
    if is_printed(RenderedDocument::Provisioner) {
        say_what_a_provisioner_can_do(manifest, home, printer);
    }
    let text = match (wanted, options.common.output.is_human()) {
        // One document is printed as it is, so that it can be piped into whatever takes a policy.
        (Some(document), _) => pretty(&fill(document)?)?,
        (None, false) => {
            let mut documents = Map::new();
            for (document, name) in all() {
                documents.insert(name.to_owned(), fill(document)?);
            }
            pretty(&Value::Object(documents))?
        }
        (None, true) => {
            let mut text = String::new();
            for (document, name) in all() {
                text += &format!("# {name}\n{}\n", pretty(&fill(document)?)?);
            }
            text.trim_end().to_owned() + "\n"
        }
    };
    printer.result(&text);
    Ok(ExitCode::Success)
}

/// What everything that is rendered is made of.
struct Given {
    manifest: Manifest,
    external_id: ExternalId,
    templates: Templates,
    home: Home,
    targets: Vec<FunctionArn>,
}

/// The statement by itself: a document could be stored as it is, and would lock the account out of its key.
fn key_statement(manifest: &Manifest, printer: &mut Printer) -> CommandResult<ExitCode> {
    manifest.require_genesys()?;
    let document = grant::key_policy(manifest, &stated_external_id(manifest)?, &partition(manifest)?)?;
    let statement = value_of(&document).pointer("/Statement/0").cloned().unwrap_or(Value::Null);
    printer.hint(
        "add the statement to the policy of the key, beside the statements that are there: a policy of this statement alone would \
         leave nobody who can manage the key. rolecall writes no key policy",
    );
    printer.hint(
        "`kms:DescribeKey` stands in the statement because Genesys publishes it so; a request for it has no encryption context, so \
         the condition never allows it",
    );
    printer.result(&pretty(&statement)?);
    Ok(ExitCode::Success)
}

/// All that the manifest asks for, in the words of another tool.
fn whole(
    format: RenderedFormat,
    options: &RenderOptions,
    given: &Given,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let Given { manifest, external_id, templates, home, targets } = given;
    if options.out.is_some() && format != RenderedFormat::GenesysExport {
        let hint = "leave `--out` out: the configuration is printed";
        return Err(
            UsageError::new("`--out` takes the actions of `--format genesys-export`", Some(hint)).into()
        );
    }
    let role = || desired(manifest, external_id, templates, home, targets, &[], usize::MAX);
    let (rendered, tool) = match format {
        RenderedFormat::Terraform => {
            let cloud = match genesys::is_asked_for(manifest) && !options.without_genesys {
                true => Some(cloud(given)?),
                false => None,
            };
            say_who_makes_the_cloud_side(manifest, cloud.is_some(), printer);
            (terraform(&role()?, cloud.as_ref()), Manager::Terraform)
        }
        RenderedFormat::Cloudformation => {
            let rendered = match options.account {
                None => cloudformation_anywhere(&role()?),
                Some(_) => cloudformation(&role()?),
            };
            (rendered, Manager::Cloudformation)
        }
        RenderedFormat::GenesysExport => return export(&cloud(given)?, options.out.as_deref(), printer),
    };
    printer.result(&pretty(&rendered)?);
    if manifest.role.managed_by.is_none() {
        printer.hint(&format!(
            "write `managed_by = \"{}\"` into [role] of the manifest: then {} makes the role, and rolecall proves it",
            tool.id(),
            tool.name()
        ));
    }
    Ok(ExitCode::Success)
}

/// What the manifest asks for in Genesys Cloud, with the files of its actions.
fn cloud(given: &Given) -> CommandResult<genesys::Desired> {
    let Given { manifest, external_id, templates: _, home, targets } = given;
    let sources = read_sources(manifest, &read_file)?;
    let role = home.role_arn(&manifest.role.name, &manifest.role.path);
    Ok(genesys::desired(manifest, external_id, &role, targets, &sources))
}

/// Two tools that make the same integration make it twice.
fn say_who_makes_the_cloud_side(manifest: &Manifest, is_rendered: bool, printer: &mut Printer) {
    let is_elsewhere = manifest.genesys_manager().is_some();
    if is_rendered {
        if !is_elsewhere {
            printer.warning(
                "the configuration makes the Genesys Cloud side, too. Let one tool make it: if Terraform does, write \
                 `managed_by = \"terraform\"` into [genesys] of the manifest, or `rolecall apply` makes a second integration; if \
                 rolecall does, render with --without-genesys",
            );
        }
        if web_services_credential(manifest).is_some() {
            printer.warning(
                "the configuration makes a credential of the secret that [genesys.web_services.credential] names: Terraform reads the \
                 secret and keeps its values in the state, so protect the state as you protect the secret",
            );
        }
        printer.hint(
            "Terraform looks for the provider only where the module names it: \
             `required_providers { genesyscloud = { source = \"mypurecloud/genesyscloud\" } }`",
        );
    } else if genesys::is_asked_for(manifest) && !is_elsewhere {
        printer.hint("the configuration has the role alone; `rolecall apply` makes the Genesys Cloud side");
    }
}

/// The actions as files that Genesys Cloud's user interface imports.
fn export(cloud: &genesys::Desired, out: Option<&Path>, printer: &mut Printer) -> CommandResult<ExitCode> {
    let files = exports(cloud);
    match (files.as_slice(), out) {
        ([], _) => {
            let hint = "add an [[action]] to the manifest";
            return Err(
                UsageError::coded(ErrorCode::NotAsked, "the manifest has no actions", Some(hint)).into()
            );
        }
        ([(_, text)], None) => printer.result(text),
        (files, None) => {
            let message = format!("the manifest has {} actions, and each is a file of its own", files.len());
            return Err(UsageError::new(message, Some("name a folder for them: `--out DIR`")).into());
        }
        (files, Some(folder)) => {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
            let files: Vec<_> = files.iter().map(|(name, text)| (folder.join(name), text.clone())).collect();
            printer.files(FileKind::Action, &files)?;
            files.iter().for_each(|(path, _)| printer.result(&format!("{}\n", path.display())));
        }
    }
    Ok(ExitCode::Success)
}

/// What to do if the document is too long; `None` for what rolecall itself packs or checks, and for a boundary that nobody
/// wants.
fn way_out_of_size(document: RenderedDocument, boundary: Option<&Boundary>) -> Option<&'static str> {
    match document {
        RenderedDocument::Provisioner | RenderedDocument::Verifier | RenderedDocument::Twin => {
            Some("put its statements into several policies")
        }
        RenderedDocument::Boundary => match boundary {
            Some(Boundary::Targets) => Some(
                "a role has one boundary, so write one of your own with wildcards and name its ARN in `permissions_boundary`",
            ),
            Some(Boundary::Policy(_)) | None => None,
        },
        RenderedDocument::Grants => Some("name fewer resources in the grants"),
        RenderedDocument::Trust | RenderedDocument::Invoke => None,
    }
}

/// Not even a quota increase lets a managed policy be longer.
fn warn_of_size(name: &str, document: &Value, way_out: &str, printer: &mut Printer) {
    let size = Document::from_value(document).map_or(0, |document| document.size());
    if size > MANAGED_POLICY_SIZE {
        printer.warning(&format!(
            "the {name} policy has {size} characters and a managed policy holds {MANAGED_POLICY_SIZE}: {way_out}"
        ));
    }
}

/// What remains possible under the provisioner policy.
fn say_what_a_provisioner_can_do(manifest: &Manifest, home: &Home, printer: &mut Printer) {
    let role = &manifest.role.name;
    let Some((boundary, arn)) =
        manifest.role.permissions_boundary.as_ref().zip(home.boundary_arn(&manifest.role))
    else {
        printer.warning(&format!(
            "whoever holds the provisioner policy is an administrator of this account: the holder can create the role `{role}` \
             with a trust policy that names the holder, write a policy that allows everything, attach the policy, and assume the \
             role. A permissions boundary stops that: `permissions_boundary = \"targets\"` in [role]"
        ));
        return;
    };
    match boundary {
        Boundary::Targets => printer.hint(&format!(
            "the provisioner policy cannot create or change the boundary `{arn}`, or it would hold nobody: an administrator creates \
             it, and changes it when the targets change: `rolecall boundary apply`. If the role `{role}` exists without the \
             boundary, the holder of the provisioner policy can do anything until an administrator puts the boundary on the role"
        )),
        Boundary::Policy(_) => printer.warning(&format!(
            "whoever holds the provisioner policy can give the role `{role}` everything that the boundary `{arn}` allows, and \
             assume the role; if that is more than the targets, `permissions_boundary = \"targets\"` allows the targets alone"
        )),
    }
}

/// A document with the values of the manifest.
fn document_of(document: RenderedDocument, given: &Given) -> Result<Value, DesiredError> {
    let Given { manifest, external_id, templates, home, targets } = given;
    let boundary = manifest.role.permissions_boundary.as_ref();
    let template = match document {
        RenderedDocument::Grants => {
            let policies = grant::policies(manifest, home)?;
            return Ok(policies
                .iter()
                .map(|(name, document)| (name.to_string(), value_of(document)))
                .collect());
        }
        RenderedDocument::Boundary => return boundary_document(manifest, external_id, home, targets),
        RenderedDocument::Trust => templates.trust.clone(),
        RenderedDocument::Invoke => templates.invoke.clone(),
        RenderedDocument::Provisioner => Template::provisioner(boundary)?,
        RenderedDocument::Verifier => Template::verifier()?,
        RenderedDocument::Twin => Template::twin(boundary)?,
    };
    Ok(template.fill(&fillings(manifest, external_id, home, targets))?)
}

fn value_of(document: &StoredDocument) -> Value {
    document.document().map_or(Value::Null, |document| document.as_value().clone())
}

fn pretty(document: &Value) -> CommandResult<String> {
    Ok(serde_json::to_string_pretty(document).context("cannot print the document")? + "\n")
}
