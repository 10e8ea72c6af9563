// Which front end action an invocation asks for.
//
// The table is ours and not clangFrontendTool's, because that library pulls in the static analyzer, and with
// it libz3, for which every start of the compiler would pay.

#include "internal.h"
#include "clang/CodeGen/CodeGenAction.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Frontend/FrontendDiagnostic.h"
#include "clang/Frontend/FrontendPluginRegistry.h"

using namespace clang;

namespace {

using Factory = std::unique_ptr<FrontendAction> (*)();

template <class T> std::unique_ptr<FrontendAction> make() { return std::make_unique<T>(); }

struct Entry {
  frontend::ActionKind Kind;
  Factory Make;
};

constexpr Entry Table[] = {
    {frontend::ASTDeclList, make<ASTDeclListAction>},
    {frontend::ASTDump, make<ASTDumpAction>},
    {frontend::ASTPrint, make<ASTPrintAction>},
    {frontend::ASTView, make<ASTViewAction>},
    {frontend::DumpCompilerOptions, make<DumpCompilerOptionsAction>},
    {frontend::DumpRawTokens, make<DumpRawTokensAction>},
    {frontend::DumpTokens, make<DumpTokensAction>},
    {frontend::EmitAssembly, make<EmitAssemblyAction>},
    {frontend::EmitBC, make<EmitBCAction>},
    {frontend::EmitLLVM, make<EmitLLVMAction>},
    {frontend::EmitLLVMOnly, make<EmitLLVMOnlyAction>},
    {frontend::EmitCodeGenOnly, make<EmitCodeGenOnlyAction>},
    {frontend::EmitObj, make<EmitObjAction>},
    {frontend::GenerateModule, make<GenerateModuleFromModuleMapAction>},
    {frontend::GenerateModuleInterface, make<GenerateModuleInterfaceAction>},
    {frontend::GenerateReducedModuleInterface, make<GenerateReducedModuleInterfaceAction>},
    {frontend::GenerateHeaderUnit, make<GenerateHeaderUnitAction>},
    {frontend::GeneratePCH, make<GeneratePCHAction>},
    {frontend::GenerateInterfaceStubs, make<GenerateInterfaceStubsAction>},
    {frontend::InitOnly, make<InitOnlyAction>},
    {frontend::ParseSyntaxOnly, make<SyntaxOnlyAction>},
    {frontend::ModuleFileInfo, make<DumpModuleInfoAction>},
    {frontend::VerifyPCH, make<VerifyPCHAction>},
    {frontend::TemplightDump, make<TemplightDumpAction>},
    {frontend::PrintPreamble, make<PrintPreambleAction>},
    {frontend::PrintPreprocessedInput, make<PrintPreprocessedAction>},
    {frontend::RunPreprocessorOnly, make<PreprocessOnlyAction>},
    {frontend::PrintDependencyDirectivesSourceMinimizerOutput,
     make<PrintDependencyDirectivesSourceMinimizerAction>},
};

Factory find(frontend::ActionKind Kind) {
  for (const Entry &E : Table)
    if (E.Kind == Kind)
      return E.Make;
  return nullptr;
}

std::unique_ptr<FrontendAction> pluginAction(CompilerInstance &CI) {
  FrontendOptions &Options = CI.getFrontendOpts();
  for (const auto &Plugin : FrontendPluginRegistry::entries()) {
    if (Plugin.getName() != Options.ActionName)
      continue;
    std::unique_ptr<PluginASTAction> P(Plugin.instantiate());
    bool Main = P->getActionType() == PluginASTAction::ReplaceAction ||
                P->getActionType() == PluginASTAction::CmdlineAfterMainAction;
    if (!Main || !P->ParseArgs(CI, Options.PluginArgs[std::string(Plugin.getName())]))
      return nullptr;
    return P;
  }
  CI.getDiagnostics().Report(diag::err_fe_invalid_plugin_name) << Options.ActionName;
  return nullptr;
}

} // namespace

bool autojit::knowsAction(const CompilerInvocation &Invocation) {
  const FrontendOptions &Options = Invocation.getFrontendOpts();
  bool Rewrites = Options.ProgramAction == frontend::PrintPreprocessedInput &&
                  (Invocation.getPreprocessorOutputOpts().RewriteIncludes ||
                   Invocation.getPreprocessorOutputOpts().RewriteImports);
  bool Wrapped = Options.FixAndRecompile || Options.EmitSymbolGraph || Options.UseClangIRPipeline;
  return !Rewrites && !Wrapped &&
         (Options.ProgramAction == frontend::PluginAction || find(Options.ProgramAction) != nullptr);
}

std::unique_ptr<FrontendAction> autojit::createAction(CompilerInstance &CI) {
  FrontendOptions &Options = CI.getFrontendOpts();
  std::unique_ptr<FrontendAction> Action;
  if (Options.ProgramAction == frontend::PluginAction) {
    Action = pluginAction(CI);
  } else if (Factory Make = find(Options.ProgramAction)) {
    Action = Make();
  } else {
    CI.getDiagnostics().Report(diag::err_fe_action_not_available) << "this action";
  }
  if (Action && !Options.ASTMergeFiles.empty())
    Action = std::make_unique<ASTMergeAction>(std::move(Action), Options.ASTMergeFiles);
  return Action;
}
