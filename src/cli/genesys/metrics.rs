//! `rolecall genesys metrics`: how the manifest's actions ran, whole and in their functions, held against limits.

use jiff::{SignedDuration, Timestamp};
use rolecall::connect::{Connected, Services};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::manifest::Action;
use rolecall::ports::metrics::Window;
use rolecall::report::{MetricsView, Report};
use rolecall::verify::metrics::Limits;

use crate::cli::context::{Context, load_manifest};
use crate::cli::fleet;
use crate::cli::options::{LimitOptions, MetricsCommand, Moment};
use crate::cli::printer::Printer;
use rolecall::failure::{CommandResult, Context as _, UsageError};

/// The time of `drift --with-metrics`.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

const TOO_LONG_AGO: &str = "that is too long ago";

pub(crate) async fn run(options: &MetricsCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let MetricsCommand { aws, since, until, action: named, limits } = options;
    let now = Timestamp::now();
    let at = |moment: Moment| moment.from(now).ok_or_else(|| UsageError::new(TOO_LONG_AGO, None));
    let whole = Window::until(now, at(*since)?.duration_until(now)).context(TOO_LONG_AGO)?;
    let window = Window { to: until.map(at).transpose()?.unwrap_or(whole.to), ..whole };
    if window.from >= window.to {
        let message = format!("--since {} is not before --until {}", window.from, window.to);
        return Err(UsageError::new(message, None).into());
    }
    let loaded = load_manifest(&aws.common, aws.sandbox, printer)?;
    check_names(&loaded.manifest.actions, named)?;
    let (context, unasked) = match Context::open_manifest(loaded.clone(), aws, Services::Both, printer).await
    {
        // The other half is there without it.
        Err(error) if error.code == ErrorCode::GenesysNoCredentials => {
            (Context::open_manifest(loaded, aws, Services::Aws, printer).await?, error.message)
        }
        other => (other?, String::new()),
    };
    let work = async |connected: &mut Connected, printer: &mut Printer| {
        let mut metrics = connected.role.metrics(window, &unasked).await?;
        metrics.actions.retain(|action| named.is_empty() || named.contains(&action.name));
        let (view, exit) = MetricsView::of(&metrics, &limits.into());
        if aws.common.output.is_human() {
            printer.result(&view.to_text());
        }
        let report = Report {
            metrics: Some(view),
            outline: connected.outline.clone(),
            warnings: connected.warnings.clone(),
            ..Report::new("genesys metrics")
        };
        Ok((printer.advising(report), exit))
    };
    fleet::run_one(context, aws, printer, work).await
}

/// The last day, for commands that show the figures beside something else.
pub(crate) fn last_day() -> CommandResult<Window> {
    Window::until(Timestamp::now(), A_DAY).context(TOO_LONG_AGO)
}

fn check_names(actions: &[Action], named: &[String]) -> CommandResult<()> {
    if actions.is_empty() {
        let hint = "add an [[action]] to it";
        return Err(UsageError::coded(ErrorCode::NotAsked, "the manifest has no actions", Some(hint)).into());
    }
    match named.iter().find(|name| !actions.iter().any(|action| action.name == **name)) {
        Some(unknown) => {
            let names: Vec<String> = actions.iter().map(|action| format!("`{}`", action.name)).collect();
            let message = format!("the manifest has no action `{unknown}`; it has {}", names.join(", "));
            Err(UsageError::new(message, None).into())
        }
        None => Ok(()),
    }
}

impl From<&LimitOptions> for Limits {
    fn from(LimitOptions { max_error_rate, max_p95 }: &LimitOptions) -> Self {
        Self { error_rate: *max_error_rate, p95: *max_p95 }
    }
}
