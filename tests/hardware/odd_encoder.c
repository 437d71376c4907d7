/* An encoder with the name of a hardware's, which does on purpose what drivers do by accident.
 *
 * ODD_ENCODER says what: fails, stalls, lies, crashes; ODD_ENCODER_AT from which picture on. */
#include <gst/gst.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define PACKAGE "oddencoder"

typedef struct {
  GstBin bin;
  int seen;
} Odd;

typedef struct {
  GstBinClass parent;
} OddClass;

G_DEFINE_TYPE (Odd, odd, GST_TYPE_BIN)

static GstPadProbeReturn
each (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Odd *odd = data;
  const char *how = getenv ("ODD_ENCODER");
  const char *at = getenv ("ODD_ENCODER_AT");
  if (how == NULL || odd->seen++ < (at ? atoi (at) : 0))
    return GST_PAD_PROBE_OK;
  if (strcmp (how, "fails") == 0) {
    GST_ELEMENT_ERROR (odd, STREAM, ENCODE, ("the device was lost"), (NULL));
    return GST_PAD_PROBE_DROP;
  }
  if (strcmp (how, "stalls") == 0) {
    while (!GST_PAD_IS_FLUSHING (pad))
      g_usleep (10000);
    return GST_PAD_PROBE_DROP;
  }
  if (strcmp (how, "crashes") == 0)
    raise (SIGSEGV);
  if (strcmp (how, "lies") == 0) {
    GstMapInfo map;
    GstBuffer *grey = gst_buffer_copy_deep (GST_PAD_PROBE_INFO_BUFFER (info));
    if (gst_buffer_map (grey, &map, GST_MAP_WRITE)) {
      memset (map.data, 128, map.size);
      gst_buffer_unmap (grey, &map);
    }
    gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
    GST_PAD_PROBE_INFO_DATA (info) = grey;
  }
  return GST_PAD_PROBE_OK;
}

static void
odd_class_init (OddClass *klass)
{
  GstElementClass *element = GST_ELEMENT_CLASS (klass);
  GstCaps *raw = gst_caps_from_string ("video/x-raw,format=NV12");
  GstCaps *coded = gst_caps_from_string ("video/x-h264");
  gst_element_class_add_pad_template (element, gst_pad_template_new ("sink", GST_PAD_SINK, GST_PAD_ALWAYS, raw));
  gst_element_class_add_pad_template (element, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, coded));
  gst_element_class_set_static_metadata (element, "Odd encoder", "Codec/Encoder/Video/Hardware", "For tests", "Workprint");
  gst_caps_unref (raw);
  gst_caps_unref (coded);
}

static void
odd_init (Odd *odd)
{
  GstElement *x264 = gst_element_factory_make ("x264enc", NULL);
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);
  gst_util_set_object_arg (G_OBJECT (x264), "speed-preset", "ultrafast");
  gst_util_set_object_arg (G_OBJECT (x264), "pass", "quant");
  /* as hardware does, it takes pictures of this kind only */
  gst_util_set_object_arg (G_OBJECT (filter), "caps", "video/x-raw,format=NV12");
  gst_bin_add_many (GST_BIN (odd), filter, x264, NULL);
  gst_element_link (filter, x264);
  GstPad *in = gst_element_get_static_pad (filter, "sink");
  GstPad *out = gst_element_get_static_pad (x264, "src");
  gst_pad_add_probe (in, GST_PAD_PROBE_TYPE_BUFFER, each, odd, NULL);
  gst_element_add_pad (GST_ELEMENT (odd), gst_ghost_pad_new ("sink", in));
  gst_element_add_pad (GST_ELEMENT (odd), gst_ghost_pad_new ("src", out));
  gst_object_unref (in);
  gst_object_unref (out);
}

static gboolean
begin (GstPlugin *plugin)
{
  return gst_element_register (plugin, "amfh264enc", GST_RANK_NONE, odd_get_type ());
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, oddencoder, "For tests", begin, "1", "LGPL", "Workprint", "-")
