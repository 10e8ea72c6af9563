//@ part
// What zstd is for: levels, streams, threads, dictionaries and broken input, over texts that are made here.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zdict.h>
#include <zstd.h>

static unsigned long long sum(const void *data, size_t size) {
  const unsigned char *bytes = data;
  unsigned long long hash = 14695981039346656037ull;
  for (size_t i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 1099511628211ull;
  return hash;
}

static size_t sure(const char *what, size_t result) {
  if (ZSTD_isError(result)) {
    printf("%s: %s\n", what, ZSTD_getErrorName(result));
    exit(1);
  }
  return result;
}

static char *text(size_t size) {
  static const char *const words[] = {"stub", "slot", "payload", "skeleton", "session", "arena", "tier", "import"};
  char *out = malloc(size + 16);
  unsigned seed = 1;
  for (size_t at = 0; at < size;) {
    seed = seed * 1664525 + 1013904223;
    at += sprintf(out + at, "%s%c", words[seed >> 29], seed & 0x1f0000 ? ' ' : '\n');
  }
  return out;
}

static void levels(const char *in, size_t size) {
  size_t room = ZSTD_compressBound(size);
  char *packed = malloc(room), *out = malloc(size);
  static const int all[] = {-5, 1, 3, 6, 12, 19};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    size_t length = sure("compress", ZSTD_compress(packed, room, in, size, all[i]));
    memset(out, 0, size);
    size_t back = sure("decompress", ZSTD_decompress(out, size, packed, length));
    printf("level %d: %zu bytes, %016llx, %s\n", all[i], length, sum(packed, length),
           back == size && !memcmp(in, out, size) ? "same" : "different");
  }
  size_t length = sure("compress", ZSTD_compress(packed, room, in, size, 3));
  packed[length / 2] ^= 0x55;
  size_t back = ZSTD_decompress(out, size, packed, length);
  printf("broken: %s\n", ZSTD_isError(back) ? ZSTD_getErrorName(back) : back == size && !memcmp(in, out, size) ? "same" : "other");
  printf("short: %s\n", ZSTD_getErrorName(ZSTD_decompress(out, size, packed, 100)));
  free(packed);
  free(out);
}

static void stream(const char *in, size_t size, int threads) {
  ZSTD_CCtx *context = ZSTD_createCCtx();
  sure("level", ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 5));
  sure("checksum", ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1));
  sure("long", ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1));
  if (threads)
    sure("threads", ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, threads));
  size_t room = ZSTD_compressBound(size) + 1024;
  char *packed = malloc(room), *out = malloc(size);
  ZSTD_outBuffer to = {packed, room, 0};
  for (size_t at = 0; at < size;) {
    size_t piece = size - at < 4000 ? size - at : 4000;
    ZSTD_inBuffer from = {in + at, piece, 0};
    at += piece;
    while (sure("stream", ZSTD_compressStream2(context, &to, &from, at == size ? ZSTD_e_end : ZSTD_e_continue)) ? at == size : from.pos < from.size)
      ;
  }
  ZSTD_freeCCtx(context);
  ZSTD_DStream *reader = ZSTD_createDStream();
  ZSTD_inBuffer from = {packed, to.pos, 0};
  ZSTD_outBuffer back = {out, size, 0};
  while (from.pos < from.size)
    sure("read", ZSTD_decompressStream(reader, &back, &from));
  ZSTD_freeDStream(reader);
  printf("stream, %d threads: %s\n", threads, back.pos == size && !memcmp(in, out, size) ? "same" : "different");
  free(packed);
  free(out);
}

static void dictionary(const char *in, size_t size) {
  enum { COUNT = 400 };
  size_t sizes[COUNT], each = size / COUNT;
  for (int i = 0; i < COUNT; i++)
    sizes[i] = each;
  char *words = malloc(8192);
  size_t length = ZDICT_trainFromBuffer(words, 8192, in, sizes, COUNT);
  if (ZDICT_isError(length)) {
    printf("dictionary: %s\n", ZDICT_getErrorName(length));
    exit(1);
  }
  ZSTD_CCtx *compressor = ZSTD_createCCtx();
  ZSTD_DCtx *decompressor = ZSTD_createDCtx();
  char packed[4096], out[4096];
  size_t with = sure("with", ZSTD_compress_usingDict(compressor, packed, sizeof packed, in + each, 900, words, length, 3));
  size_t back = sure("back", ZSTD_decompress_usingDict(decompressor, out, sizeof out, packed, with, words, length));
  printf("dictionary: %zu bytes, %016llx; 900 bytes in %zu, %s\n", length, sum(words, length), with,
         back == 900 && !memcmp(out, in + each, 900) ? "same" : "different");
  ZSTD_freeCCtx(compressor);
  ZSTD_freeDCtx(decompressor);
  free(words);
}

int main(void) {
  size_t size = 400000;
  char *in = text(size);
  printf("zstd %s, %016llx\n", ZSTD_versionString(), sum(in, size));
  levels(in, size);
  stream(in, size, 0);
  stream(in, size, 2);
  dictionary(in, size);
  free(in);
  return 0;
}
