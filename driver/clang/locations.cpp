// Where functions are defined, for remarks.
//
// Debug information is left out of lazy units, so the front end is asked while it still knows. Only done when
// remarks are wanted.

#include "internal.h"
#include "clang/AST/ASTConsumer.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/DeclGroup.h"
#include "clang/AST/Mangle.h"
#include "clang/Basic/SourceManager.h"
#include "clang/CodeGen/CodeGenAction.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/MultiplexConsumer.h"
#include "llvm/ADT/StringMap.h"

using namespace clang;

namespace autojit {
class Locations {
public:
  llvm::StringMap<std::string> Places;
};
} // namespace autojit

namespace {

class Recorder : public ASTConsumer {
public:
  explicit Recorder(std::shared_ptr<autojit::Locations> Notes) : Notes(std::move(Notes)) {}

  void Initialize(ASTContext &C) override { Namer = std::make_unique<ASTNameGenerator>(C); }

  bool HandleTopLevelDecl(DeclGroupRef Group) override {
    for (const Decl *D : Group)
      if (const auto *F = dyn_cast<FunctionDecl>(D); F && F->isThisDeclarationADefinition())
        note(*F);
    return true;
  }

private:
  void note(const FunctionDecl &F) {
    const SourceManager &SM = F.getASTContext().getSourceManager();
    PresumedLoc Place = SM.getPresumedLoc(F.getLocation());
    if (Place.isValid())
      Notes->Places[Namer->getName(&F)] =
          (llvm::Twine(Place.getFilename()) + ":" + llvm::Twine(Place.getLine()) + ":" +
           llvm::Twine(Place.getColumn()))
              .str();
  }

  std::shared_ptr<autojit::Locations> Notes;
  std::unique_ptr<ASTNameGenerator> Namer;
};

class LocatingAction : public EmitObjAction {
public:
  explicit LocatingAction(std::shared_ptr<autojit::Locations> Notes) : Notes(std::move(Notes)) {}

  std::unique_ptr<ASTConsumer> CreateASTConsumer(CompilerInstance &CI, StringRef File) override {
    std::unique_ptr<ASTConsumer> Main = EmitObjAction::CreateASTConsumer(CI, File);
    if (!Main)
      return nullptr;
    // First the recorder: behind the other's last step there is nothing any more.
    std::vector<std::unique_ptr<ASTConsumer>> All;
    All.push_back(std::make_unique<Recorder>(Notes));
    All.push_back(std::move(Main));
    return std::make_unique<MultiplexConsumer>(std::move(All));
  }

private:
  std::shared_ptr<autojit::Locations> Notes;
};

} // namespace

std::shared_ptr<autojit::Locations> autojit::makeLocations() { return std::make_shared<Locations>(); }

std::unique_ptr<FrontendAction> autojit::createLocatingAction(std::shared_ptr<Locations> Notes) {
  return std::make_unique<LocatingAction>(std::move(Notes));
}

const char *autojit::locate(const Locations &Notes, const char *Symbol) {
  auto It = Notes.Places.find(Symbol);
  return It == Notes.Places.end() ? nullptr : It->second.c_str();
}
