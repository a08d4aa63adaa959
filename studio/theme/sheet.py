"""The one style sheet; `$names` are the fields of `tokens.Tokens`.

A focused control trades one pixel of margin for a second pixel of border, so the ring is two
pixels wide and nothing moves.
"""

from __future__ import annotations

from typing import Final

SHEET: Final = """
QWidget { color: $text; font-size: ${font_body}px; }
QMainWindow, QDialog, QWidget[surface="window"] { background: $window; }
QWidget[surface="sidebar"] { background: $sidebar; }
QFrame[surface="card"] {
  background: $surface; border: 1px solid $border; border-radius: ${radius}px;
}
QFrame[surface="overlay"] {
  background: $overlay; border: 1px solid $border; border-radius: ${radius_large}px;
}
QLabel { background: transparent; }
QLabel[tone="muted"] { color: $text_muted; }
QLabel[tone="faint"] { color: $text_faint; }
QLabel[tone="caption"] { color: $text_faint; font-size: ${font_caption}px; }
QLabel[tone="strong"] { font-weight: 600; }
QLabel[tone="title"] { font-size: ${font_title}px; font-weight: 600; }
QLabel[tone="heading"] { font-size: ${font_heading}px; font-weight: 600; }
QLabel[tone="display"] { font-size: ${font_display}px; font-weight: 600; }
QLabel[tone="danger"] { color: $danger; }
QLabel[tone="success"] { color: $success; }
QLabel[tone="warning"] { color: $warning; }
QLabel[tone="section"] {
  color: $text_faint; font-size: ${font_caption}px; font-weight: 600;
}
QLabel[tone="key"] {
  color: $text_muted; background: $raised; border: 1px solid $border; border-bottom-width: 2px;
  border-radius: 5px; padding: 1px 6px; font-size: ${font_caption}px; font-weight: 500;
}
QLabel:disabled { color: $text_disabled; }

QWidget[surface="stage"] QLabel { color: #ffffff; }
QWidget[surface="stage"] QLabel[tone="muted"] { color: #d4d8e0; }
QFrame[surface="plate"] {
  background: rgba(12, 14, 18, 240); border: 1px solid rgba(255, 255, 255, 45);
  border-radius: ${radius}px;
}

QPushButton, QToolButton {
  background: $raised; color: $text; border: 1px solid $border; margin: 1px;
  border-radius: ${radius_small}px; padding: 5px 12px; font-weight: 500; min-height: 18px;
}
QPushButton:hover, QToolButton:hover { background: $hover; border-color: $control; }
QPushButton:pressed, QToolButton:pressed { background: $sunken; }
QPushButton:checked, QToolButton:checked {
  background: $accent_soft; border-color: $accent; color: $text;
}
QPushButton:focus, QToolButton:focus { border: 2px solid $focus; margin: 0; }
QPushButton:disabled, QToolButton:disabled {
  color: $text_disabled; background: $surface; border-color: $border;
}
QToolButton { padding: 5px 6px; }
QToolButton[dense="true"] { padding: 5px 2px; }
QToolButton[kind="inset"] {
  background: transparent; border: none; margin: 0; padding: 0; min-height: 0;
}
QToolButton[kind="inset"]:hover { background: $raised; }
QToolButton::menu-indicator, QPushButton::menu-indicator { image: none; width: 0; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="success"] { background: $success; color: $on_success; border-color: $success; }
QPushButton[kind="success"]:hover { background: $success_hover; border-color: $success_hover; }
QPushButton[kind="danger"] { background: $danger; color: $on_danger; border-color: $danger; }
QPushButton[kind="danger"]:hover { background: $danger_hover; border-color: $danger_hover; }
QPushButton[kind="primary"]:focus, QPushButton[kind="success"]:focus,
QPushButton[kind="danger"]:focus { border: 2px solid $text; }
QPushButton[kind="primary"]:disabled, QPushButton[kind="success"]:disabled,
QPushButton[kind="danger"]:disabled {
  background: $raised; color: $text_disabled; border-color: $border;
}
QPushButton[kind="quiet"], QToolButton[kind="quiet"] {
  background: transparent; border-color: transparent; color: $text_muted;
}
QPushButton[kind="quiet"]:hover, QToolButton[kind="quiet"]:hover {
  background: $raised; color: $text;
}
QPushButton[kind="quiet"]:checked {
  background: $accent_soft; border-color: $accent; color: $text;
}
QPushButton[kind="quiet"]:focus, QToolButton[kind="quiet"]:focus { border-color: $focus; }
QPushButton[kind="tight"] { padding: 5px 2px; }
QPushButton[kind="link"] {
  background: transparent; border-color: transparent; color: $accent; padding: 4px 0;
}
QPushButton[kind="link"]:hover { color: $accent_hover; text-decoration: underline; }
QPushButton[kind="link"]:focus { border-color: $focus; }

QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox, QDateTimeEdit {
  background: $field; color: $text; border: 1px solid $control; margin: 1px;
  border-radius: ${radius_small}px; padding: 5px 8px; min-height: 18px;
  selection-background-color: $accent; selection-color: $on_accent;
  placeholder-text-color: $text_faint;
}
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus,
QDateTimeEdit:focus { border: 2px solid $focus; margin: 0; }
QLineEdit:disabled, QPlainTextEdit:disabled, QSpinBox:disabled, QComboBox:disabled {
  color: $text_disabled; border-color: $border; background: $surface;
}
QLineEdit:read-only { background: transparent; border-color: $border; }
QLineEdit[state="invalid"], QPlainTextEdit[state="invalid"] { border-color: $danger; }
QLineEdit[kind="bare"] {
  background: transparent; border: none; margin: 0; padding: 8px 4px;
  font-size: ${font_title}px;
}
QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {
  background: transparent; border: none; margin: 0; padding: 0;
}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
  border: none; background: transparent; width: 22px;
}
QAbstractSpinBox::up-arrow { image: url("$chevron_up"); width: 12px; height: 12px; }
QAbstractSpinBox::down-arrow { image: url("$chevron_down"); width: 12px; height: 12px; }
QComboBox::drop-down, QDateTimeEdit::drop-down { border: none; width: 24px; }
QComboBox::down-arrow, QDateTimeEdit::down-arrow {
  image: url("$chevron_down"); width: 14px; height: 14px;
}
QComboBox QAbstractItemView {
  background: $overlay; border: 1px solid $border; padding: 4px; outline: none;
  selection-background-color: $selected; selection-color: $text;
}

QCheckBox, QRadioButton { spacing: 8px; background: transparent; padding: 3px; }
QCheckBox:focus, QRadioButton:focus {
  border: 2px solid $focus; border-radius: ${radius_small}px; padding: 1px;
}
QCheckBox::indicator, QRadioButton::indicator {
  width: 16px; height: 16px; border: 1px solid $control; background: $field;
}
QCheckBox::indicator { border-radius: 4px; }
QRadioButton::indicator { border-radius: 9px; }
QCheckBox::indicator:checked {
  background: $accent; border-color: $accent; image: url("$check");
}
QRadioButton::indicator:checked {
  background: $field; border: 5px solid $accent; width: 8px; height: 8px;
}
QCheckBox:disabled, QRadioButton:disabled { color: $text_disabled; }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; }
QCheckBox::indicator:checked:disabled { background: $text_disabled; border-color: $border; }

QSlider::groove:horizontal { height: 4px; background: $control; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
  background: $accent; border: 2px solid $surface; width: 14px; height: 14px;
  margin: -7px 0; border-radius: 9px;
}
QSlider::handle:horizontal:focus { border-color: $focus; background: $text; }

QProgressBar {
  background: $raised; border: none; border-radius: 3px; max-height: 6px; min-height: 6px;
}
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QProgressBar[state="done"]::chunk { background: $success; }

QTableView, QListView, QTreeView {
  background: $surface; border: none; outline: none; gridline-color: $border;
  selection-background-color: $selected; selection-color: $text;
  alternate-background-color: $surface;
}
QFrame[surface="overlay"] QListView, QListView[surface="clear"] { background: transparent; }
QListWidget {
  background: transparent; border: 2px solid transparent; border-radius: ${radius}px;
}
QListWidget:focus { border-color: $focus; }
QListWidget::item { padding: 8px 10px; border-radius: ${radius_small}px; margin: 1px; }
QListWidget::item:hover { background: $hover; }
QListWidget::item:selected { background: $selected; color: $text; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section {
  background: $surface; color: $text_muted; border: none; border-bottom: 1px solid $border;
  padding: 0 12px; font-size: ${font_caption}px; font-weight: 600; height: 34px;
}
QHeaderView::section:hover { color: $text; background: $hover; }
QHeaderView::up-arrow { image: url("$chevron_up"); width: 12px; height: 12px; }
QHeaderView::down-arrow { image: url("$chevron_down"); width: 12px; height: 12px; }
QTableCornerButton::section { background: $surface; border: none; }

QScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget[surface="clear"] { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle {
  background: $control; border-radius: 3px; min-height: 32px; min-width: 32px; margin: 3px;
}
QScrollBar::handle:hover { background: $text_muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: $border; }

QCalendarWidget QWidget { background: $overlay; color: $text; alternate-background-color: $overlay; }
QCalendarWidget QAbstractItemView {
  background: $overlay; border: none; outline: none; padding: 4px;
  selection-background-color: $accent; selection-color: $on_accent;
}
QCalendarWidget QAbstractItemView:disabled { color: $text_disabled; }
QCalendarWidget QToolButton {
  background: transparent; border: none; border-radius: ${radius_small}px;
  padding: 5px 10px; font-weight: 600;
}
QCalendarWidget QToolButton:hover, QCalendarWidget QToolButton:focus { background: $hover; }
QCalendarWidget QToolButton::menu-indicator { image: none; }

QMenu {
  background: $overlay; border: 1px solid $border; border-radius: ${radius}px; padding: 6px;
}
QMenu::item { padding: 7px 24px 7px 12px; border-radius: ${radius_small}px; }
QMenu::item:selected { background: $selected; }
QMenu::item:disabled { color: $text_disabled; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $border; margin: 6px 4px; }
QToolTip {
  background: $overlay; color: $text; border: 1px solid $border; padding: 5px 8px;
}
QTabBar::tab {
  background: transparent; color: $text_muted; padding: 8px 14px; border: none;
  border-bottom: 2px solid transparent; font-weight: 500;
}
QTabBar[kind="tight"]::tab { padding: 8px 7px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar:focus { outline: none; }
QTabBar::tab:focus { border: 2px solid $focus; border-radius: ${radius_small}px; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
"""
