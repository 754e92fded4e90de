-- What somebody does in Neovim with a file of values, and what the client has then, in said.json.
local said = { actions = {}, completed = {} }
local config = {
  name = "chartgen",
  cmd = { vim.env.PYTHON, "-m", "chartgen", "lsp" },
  root_dir = vim.fn.getcwd(),
}
local client

local function open(file)
  vim.cmd("edit! " .. file)
  client = client or vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(0, client)
end

local function ask(method, params)
  for _, answer in pairs(vim.lsp.buf_request_sync(0, method, params, 30000) or {}) do
    return answer.result
  end
end

local function wait_for(wanted)
  vim.wait(30000, function() return wanted(#vim.diagnostic.get(0)) end, 20)
end

local function findings()
  return vim.tbl_map(function(found)
    return { found.lnum, found.col, vim.split(found.message, "\n")[1] }
  end, vim.diagnostic.get(0))
end

local function mend(line)
  vim.api.nvim_win_set_cursor(0, { line, 4 })
  local params = vim.lsp.util.make_range_params(0, "utf-16")
  params.context = { diagnostics = {} }
  for _, action in ipairs(ask("textDocument/codeAction", params) or {}) do
    if action.isPreferred then
      table.insert(said.actions, action.title)
      vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
      return
    end
  end
end

local function session()
  open("values.yaml")
  wait_for(function(count) return count >= 2 end)
  said.findings = findings()

  vim.api.nvim_win_set_cursor(0, { 4, 4 })
  said.hover = ask("textDocument/hover", vim.lsp.util.make_position_params(0, "utf-16")).contents.value

  mend(2)
  mend(4)
  said.text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
  wait_for(function(count) return count == 0 end)
  said.left = #vim.diagnostic.get(0)

  vim.api.nvim_buf_set_lines(0, -1, -1, false, { "ui:", "  " })
  vim.api.nvim_win_set_cursor(0, { 6, 2 })
  local answer = ask("textDocument/completion", vim.lsp.util.make_position_params(0, "utf-16"))
  for _, item in ipairs(answer.items) do
    table.insert(said.completed, item.label)
  end

  open("chartgen.yaml")
  vim.api.nvim_buf_set_lines(0, 0, -1, false, { "charts: []", "findngs: {}" })
  wait_for(function(count) return count >= 1 end)
  said.build_file = findings()
end

local worked, why = pcall(session)
if worked then
  vim.fn.writefile({ vim.fn.json_encode(said) }, "said.json")
else
  io.stderr:write(tostring(why))
end
vim.cmd("qa!")
