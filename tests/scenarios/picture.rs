//! `docs/pictures/first-minute.svg`: the first minute at a terminal, as a picture. This test runs the commands and makes it.
//!
//! What is left out of the picture is said in it, with the number of lines. The commands run in a pseudo-terminal with colors.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use anstyle_svg::{Palette, Term};
use pty_process::Size;
use pty_process::blocking::{Command, open};
use regex::Regex;

use super::stage::binary;
use super::views::normalised;

const PICTURE: &str = "docs/pictures/first-minute.svg";
/// Hardly a line that the picture shows has to go on in the next.
const COLUMNS: u16 = 122;

const TITLE: &str = "rolecall in a terminal: apply, a change by somebody else, drift, repair";
const DESCRIPTION: &str = "Four commands on the embedded AWS. `rolecall apply` creates the role and proves six claims about it. Somebody \
    then trusts a further account. `rolecall drift` shows that statement, says that any principal of that account can assume the role \
    without an external ID, and ends with exit code 4. `rolecall apply` removes the statement, and every claim is proved again.";

/// A command, its exit code, and which of its lines the picture shows.
struct Scene {
    command: &'static str,
    exit: i32,
    shows: &'static str,
}

const SCENES: [Scene; 4] = [
    Scene {
        command: "rolecall apply --sandbox --yes",
        exit: 0,
        shows: r"^(no rolecall|Role |3 to create|Verification|  proved|  Proved|  confirmed  sts|             AWS|Result)",
    },
    Scene { command: "rolecall sandbox tamper trust-extra-principal", exit: 0, shows: "" },
    Scene {
        command: "rolecall drift --sandbox",
        exit: 4,
        shows: r"^(  the trust policy lets| {4,8}\S|1 difference|Result)",
    },
    Scene {
        command: "rolecall apply --sandbox --yes",
        exit: 0,
        shows: r"^(  ~ |0 to create|  ✓|Verification|  proved     nobody|Result)",
    },
];

/// Everything that the command shows at a terminal, and its exit code.
fn watch(folder: &Path, command: &str) -> (String, i32) {
    let (pty, terminal) = open().unwrap();
    pty.resize(Size::new(50, COLUMNS)).unwrap();
    let program = binary(folder);
    let set = program.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut child = Command::new(program.get_program())
        .args(command.split(' ').skip(1))
        .current_dir(folder)
        .env_clear()
        .envs(set)
        .env("TERM", "xterm-256color")
        .spawn(terminal)
        .unwrap();
    let mut shown = Vec::new();
    let mut piece = [0; 4096];
    // The end of a terminal is an error on Linux.
    while let Ok(length @ 1..) = (&pty).read(&mut piece) {
        shown.extend_from_slice(&piece[..length]);
    }
    let status = child.wait().unwrap();
    (String::from_utf8(shown).unwrap(), status.code().unwrap())
}

/// What is left on the screen, with its colors: a line that was cleared is not, and waiting takes longer on a slow machine.
fn on_screen(shown: &str) -> Vec<String> {
    let line = |line: &str| {
        let line = line.trim_end_matches('\r');
        let kept = line.rsplit_once("\u{1b}[2K").map_or(line, |(_, kept)| kept);
        normalised(kept.rsplit_once('\r').map_or(kept, |(_, kept)| kept))
    };
    let lines = shown.trim_end().split('\n').map(line);
    lines.filter(|line| !plain(line).starts_with("  … ")).collect()
}

fn plain(line: &str) -> String {
    console::strip_ansi_codes(line).into_owned()
}

/// The lines of a scene that the picture shows, and how many it leaves out in between.
fn scene(lines: &[String], shows: &str) -> String {
    let shows = Regex::new(shows).unwrap();
    let mut text = String::new();
    let mut left_out = 0;
    for line in lines {
        let plain = plain(line);
        if plain.trim().is_empty() {
            continue;
        }
        if shows.is_match(&plain) {
            tell_left_out(left_out, &mut text);
            left_out = 0;
            writeln!(text, "{line}").unwrap();
        } else {
            left_out += 1;
        }
    }
    tell_left_out(left_out, &mut text);
    text
}

fn tell_left_out(number: usize, text: &mut String) {
    let lines = if number == 1 { "line" } else { "lines" };
    if number > 0 {
        writeln!(text, "\u{1b}[2m  ⋮ {number} {lines} not shown\u{1b}[0m").unwrap();
    }
}

/// Colors that can be read on the dark ground, which the picture brings along: pages are light or dark.
fn picture(recorded: &str) -> String {
    let rgb = |red, green, blue| anstyle::RgbColor(red, green, blue);
    let mut colors = [rgb(0xe6, 0xed, 0xf3); 16];
    colors[1] = rgb(0xff, 0x7b, 0x72);
    colors[2] = rgb(0x56, 0xd3, 0x64);
    colors[3] = rgb(0xe3, 0xb3, 0x41);
    colors[6] = rgb(0x56, 0xd4, 0xdd);
    let svg = Term::new()
        .palette(Palette(colors))
        .fg_color(rgb(0xe6, 0xed, 0xf3).into())
        .bg_color(rgb(0x0d, 0x11, 0x17).into())
        .render_svg(recorded);
    let (opening, rest) = svg.split_once(">\n").unwrap();
    let size = |name: &str| {
        let (_, rest) = opening.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once("px").unwrap().0.to_owned()
    };
    let view = format!("viewBox=\"0 0 {} {}\"", size("width"), size("height"));
    // Fainter than that is hard to read.
    let rest = rest.replace(".dimmed { opacity: 0.4; }", ".dimmed { opacity: 0.75; }");
    format!(
        "{opening} {view} role=\"img\" aria-labelledby=\"title description\">\n  <title id=\"title\">{TITLE}</title>\n  \
         <desc id=\"description\">{DESCRIPTION}</desc>\n{rest}"
    )
}

#[test]
fn the_first_minute_is_as_the_picture_shows_it() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut recorded = String::new();
    for Scene { command, exit, shows } in &SCENES {
        let (shown, status) = watch(folder.path(), command);
        assert_eq!(status, *exit, "{command}\n{shown}");
        let lines = on_screen(&shown);
        write!(recorded, "\u{1b}[1m$ {command}\u{1b}[0m\n{}\n", scene(&lines, shows)).unwrap();
    }
    let svg = picture(recorded.trim_end());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PICTURE);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &svg).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), svg, "run this test with UPDATE_PAGES=1");
}
