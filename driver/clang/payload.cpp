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

// Higher levels take several times as long for a few hundredths of the size.
constexpr int CompressionLevel = 1;

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
                                CompressionLevel);
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
  compression::zstd::compress(arrayRefFromStringRef(StringRef(Data, Size)), Frame, CompressionLevel);
  Take(User, reinterpret_cast<const char *>(Frame.data()), Frame.size());
}
