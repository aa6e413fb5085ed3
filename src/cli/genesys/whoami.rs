//! `rolecall genesys whoami`: the organization, the client's permissions against what each command needs, the limits.

use rolecall::exit::ExitCode;
use rolecall::manifest::Manifest;
use rolecall::ports::genesys::Organization;
use rolecall::report::{IdentityView, last_line};
use rolecall::verify::live_organization::LiveOrganization;
use rolecall_genesys::whoami::{probe_users, whoami};

use super::Connection;
use crate::cli::options::{GenesysProbe, Output, WhoamiCommand};
use crate::cli::printer::Printer;
use rolecall::failure::CommandResult;

pub(crate) async fn run(options: &WhoamiCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let connection = Connection::open(&options.aws, printer).await?;
    let Connection { manifest, client, .. } = &connection;
    let identity = whoami(client).await?;
    let users = match options.probe {
        Some(GenesysProbe::Users) => Some(probe_users(client).await?),
        None => None,
    };
    let stated = manifest.as_ref().and_then(|manifest| manifest.party.external_id());
    // With another organization's external ID, this one could not assume the role.
    let live = match stated {
        None => LiveOrganization::NotAsked,
        Some(stated) if stated.as_str() == identity.organization.id => LiveOrganization::Same,
        Some(stated) => LiveOrganization::Other {
            expected: stated.to_string(),
            found: Organization {
                id: identity.organization.id.clone(),
                name: identity.organization.name.clone(),
            },
        },
    };
    let managed_by = manifest.as_ref().and_then(Manifest::genesys_manager);
    let view = IdentityView::new(identity, (stated, managed_by), users, &client.calls().so_far());
    printer.result(&match options.aws.common.output {
        Output::Json => view.to_json(),
        Output::Markdown => view.to_markdown(),
        Output::Human | Output::Sarif | Output::Junit | Output::Github | Output::Html | Output::Csv => {
            view.to_text()
        }
    });
    if matches!(live, LiveOrganization::Other { .. }) {
        printer.warning(
            "the OAuth client and the manifest belong to different organizations: the role would accept only the \
             external ID of the manifest's organization",
        );
    }
    let exit = live.exit();
    if options.aws.common.output.is_human() {
        let verdict = match (&live, stated) {
            (LiveOrganization::Other { .. }, _) => {
                "refuted: the OAuth client and the manifest belong to different organizations"
            }
            (_, Some(_)) => "done: the OAuth client belongs to the organization of the manifest",
            (_, None) => "done: no manifest states an organization to compare with",
        };
        printer.result(&last_line(exit, false, verdict));
    }
    connection.list_calls(printer);
    Ok(exit)
}
