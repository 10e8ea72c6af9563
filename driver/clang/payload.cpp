// The bitcode of a payload.
//
// Without the symbol table that linkers want of bitcode: nothing but the engine reads it, and making it costs
// a look at every global. In a zstd frame, because nearly all of it is never read: objects and programs get
// smaller by a third, and what is read is expanded at a gigabyte per second.

#include "internal.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Compression.h"

using namespace llvm;

namespace {

// Of zstd. The bits of bitcode stand close already: what a level brings is 7 % for 4 (1.5 times the time of
// level 1, which is 1.5 ms for a quarter of a megabyte) and nothing above; of large ones 4 takes four times
// as long, and 2 brings 5 %.
int compressionLevel(size_t Size) { return Size <= size_t(256) << 10 ? 4 : 2; }

// What the engine expands at most: PAYLOAD_LARGEST of the protocol.
constexpr size_t LargestExpanded = size_t(1) << 30;

} // namespace

uint64_t autojit::writeBitcode(LLVMModuleRef Raw, int Compress, void *User,
                               void (*Take)(void *, const char *, size_t)) {
  const Module &M = *reinterpret_cast<Module *>(Raw);
  SmallVector<char, 0> Plain;
  Plain.reserve(size_t(256) << 10);
  BitcodeWriter Writer(Plain);
  Writer.writeModule(M);
  Writer.writeStrtab();
  if (Compress && compression::zstd::isAvailable() && Plain.size() <= LargestExpanded) {
    SmallVector<uint8_t, 0> Frame;
    compression::zstd::compress(arrayRefFromStringRef(StringRef(Plain.data(), Plain.size())), Frame,
                                compressionLevel(Plain.size()));
    if (Frame.size() < Plain.size()) {
      Take(User, reinterpret_cast<const char *>(Frame.data()), Frame.size());
      return Plain.size();
    }
  }
  Take(User, Plain.data(), Plain.size());
  return 0;
}

void aj_compress(const char *Data, size_t Size, void *User, void (*Take)(void *, const char *, size_t)) {
  SmallVector<uint8_t, 0> Frame;
  compression::zstd::compress(arrayRefFromStringRef(StringRef(Data, Size)), Frame, compressionLevel(Size));
  Take(User, reinterpret_cast<const char *>(Frame.data()), Frame.size());
}
