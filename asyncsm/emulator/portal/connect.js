// Ways to connect: a dialog with a recipe for each kind of client.

import { get } from './api.js';
import { byId, copy, setText } from './dom.js';
import { Tabs } from './tabs.js';

export class Connect {
  /**
   * @param {object} view subscription of the page
   * @param {(error: Error) => void} complain
   */
  constructor(view, complain) {
    this.view = view;
    this.complain = complain;
    this.recipes = [];
    this.dialog = byId('connect-dialog');
    this.tabs = new Tabs('recipes', 'recipe', (name) => this.show(name));
    for (const id of ['connect', 'empty-connect']) byId(id).addEventListener('click', () => this.open());
    byId('connect-close').addEventListener('click', () => this.dialog.close());
    byId('copy-recipe').addEventListener('click', (event) => copy(byId('recipe-text').textContent, event.currentTarget));
  }

  async open() {
    try {
      const { subscription } = this.view;
      ({ recipes: this.recipes } = await get('recipes', { subscription }));
    } catch (error) {
      this.complain(error);
      return;
    }
    this.tabs.set(this.recipes);
    this.show(this.tabs.now ?? this.recipes[0].name);
    this.dialog.showModal();
  }

  show(name) {
    const recipe = this.recipes.find((each) => each.name === name);
    this.tabs.mark(name);
    setText(byId('recipe-about'), recipe.about);
    setText(byId('recipe-text'), recipe.text);
    byId('recipe-text').scrollTop = 0;
  }
}
