//! What GLib and GStreamer print, taken over into the log.
//!
//! GLib's own printing writes past the log, and on a system without a console it ends the program: it warns that it
//! can't print, and warns about that.

use gstreamer as gst;
use gstreamer::glib;
use std::sync::Once;

/// Takes the messages over. Must come before GStreamer starts; does nothing the second time.
pub(super) fn take_over() {
    static TAKEN: Once = Once::new();
    TAKEN.call_once(|| {
        glib::log_set_default_handler(|domain, level, text| tell(level, domain.unwrap_or("GLib"), text));
        glib::log_set_writer_func(|level, fields| {
            let field = |key: &str| fields.iter().find(|f| f.key() == key).and_then(glib::LogField::value_str);
            tell(level, field("GLIB_DOMAIN").unwrap_or("GLib"), field("MESSAGE").unwrap_or_default());
            glib::LogWriterOutput::Handled
        });
        glib::set_print_handler(|text| tracing::debug!(target: "glib", "{}", text.trim_end()));
        glib::set_printerr_handler(|text| tracing::debug!(target: "glib", "{}", text.trim_end()));
        // whoever asks for a file of GStreamer's own gets one
        if std::env::var_os("GST_DEBUG_FILE").is_none() {
            gst::log::remove_default_log_function();
            gst::log::add_log_function(|category, level, _, function, line, _, message| {
                let text = message.get().unwrap_or_default();
                let place = category.name();
                match level {
                    // what this means for a file is told of its clips
                    _ if super::damage::CATEGORIES.contains(&place) => {
                        tracing::debug!(target: "gstreamer", "{place} {function}:{line}: {text}");
                    }
                    gst::DebugLevel::Error | gst::DebugLevel::Warning => {
                        tracing::warn!(target: "gstreamer", "{place} {function}:{line}: {text}");
                    }
                    gst::DebugLevel::Fixme | gst::DebugLevel::Info => {
                        tracing::info!(target: "gstreamer", "{place} {function}:{line}: {text}");
                    }
                    gst::DebugLevel::Debug => {
                        tracing::debug!(target: "gstreamer", "{place} {function}:{line}: {text}");
                    }
                    _ => tracing::trace!(target: "gstreamer", "{place} {function}:{line}: {text}"),
                }
            });
        }
    });
}

/// What damaged files make the libraries complain about is for whoever looks for it: what it means for the file is told
/// as an error or a warning of its own.
fn tell(level: glib::LogLevel, domain: &str, text: &str) {
    match level {
        // it ends the program
        glib::LogLevel::Error => tracing::error!(target: "glib", "{domain}: {text}"),
        glib::LogLevel::Critical | glib::LogLevel::Warning => tracing::info!(target: "glib", "{domain}: {text}"),
        _ => tracing::debug!(target: "glib", "{domain}: {text}"),
    }
}
