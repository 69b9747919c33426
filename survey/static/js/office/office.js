// Comforts of the office. Every page works without them.

import { countTicked } from "./bulk.js";
import { showBusy } from "./busy.js";
import { askFirst } from "./confirm.js";
import { offerFile } from "./csv.js";
import { listKeys } from "./keys.js";
import { watch } from "./live.js";
import { closeMenus } from "./menus.js";
import { openBeside } from "./panel.js";

closeMenus(document);
document.querySelectorAll("form[data-bulk]").forEach(countTicked);
document.querySelectorAll("form[data-busy]").forEach(showBusy);
document.querySelectorAll("[data-confirm]").forEach(askFirst);
listKeys(document);
openBeside(document);
offerFile(document);
document.querySelectorAll("[data-live]").forEach(watch);
document.getElementById("errors")?.focus();
