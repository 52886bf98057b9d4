# Fills a configured database with the item set of tests/parity, read from PARITY_DATA. Issues go in in bulk, so that
# nothing is derived: what stands in the file is what stands there. The same database every time.

require 'json'

DATA = JSON.parse(File.read(ENV.fetch('PARITY_DATA')))
ActiveRecord::Base.logger = nil

PEOPLE = DATA['people'].to_h do |login|
  user = User.new(:firstname => login.capitalize, :lastname => 'Person', :mail => "#{login}@example.net", :mail_notification => 'none')
  user.login = login
  user.password = user.password_confirmation = "secret of #{login}"
  user.save!
  [login, user]
end

STATUS = DATA['statuses'].to_h do |name, closed|
  [name, IssueStatus.find_by_name(name) || IssueStatus.create!(:name => name, :is_closed => closed)]
end
FIRST = Tracker.sorted.first
TRACKERS = DATA['trackers'].to_h do |name|
  tracker = Tracker.create!(:name => name, :default_status => STATUS['New'])
  WorkflowRule.copy(FIRST, nil, [tracker], Role.givable.to_a)
  [name, tracker]
end

ROBOTS = {'pmo-bot' => 'PMO bot', 'pmo-reader' => 'PMO reader', 'pmo-editor' => 'PMO editor'}
         .to_h { |login, role| [User.find_by_login(login), Role.find_by_name(role)] }

def project(name, identifier, parent)
  made = Project.new(:name => name, :identifier => identifier, :is_public => false)
  made.enabled_module_names = %w[issue_tracking time_tracking]
  made.trackers = TRACKERS.values
  made.issue_custom_fields = []
  made.save!
  made.set_parent!(parent) if parent
  manager = Role.find_by_name('Manager')
  PEOPLE.each_value { |user| Member.create!(:project => made, :principal => user, :roles => [manager]) }
  ROBOTS.each { |user, role| Member.create!(:project => made, :principal => user, :roles => [role]) }
  made
end

roots = DATA['programmes'].each_with_index.to_h { |name, i| [name, project(name, "programme-#{i}", nil)] }
PROJECTS = DATA['projects'].to_h { |one| [one['key'], project(one['name'], one['key'].downcase, roots[one['programme']])] }

FIELDS = DATA['fields'].to_h do |one|
  made = IssueCustomField.new(:name => one['name'], :field_format => one['format'], :is_filter => false)
  made.possible_values = one['values'] if one['format'] == 'list'
  made.is_for_all = one['projects'].size == PROJECTS.size
  made.trackers = TRACKERS.values_at(*one['trackers'])
  made.projects = PROJECTS.values_at(*one['projects']) unless made.is_for_all
  made.save!
  [one['name'], made]
end

ROWS = DATA['issues']
CHILDREN = ROWS.group_by { |row| row['parent'] }
CATEGORIES = Hash.new do |known, (key, name)|
  known[[key, name]] = IssueCategory.create!(:project => PROJECTS[key], :name => name)
end
PRIORITY = IssuePriority.default || IssuePriority.first
EDGES = {}

# The nested set that Redmine keeps for each tree of issues.
def number(row, root, edge)
  left = edge
  (CHILDREN[row['id']] || []).each { |child| edge = number(child, root, edge + 1) }
  EDGES[row['id']] = [root, left, edge + 1]
  edge + 1
end
CHILDREN[nil].each { |row| number(row, row['id'], 1) }

issues = ROWS.map do |row|
  root, left, right = EDGES[row['id']]
  category = row['category'] && CATEGORIES[[row['project'], row['category']]]
  {
    :id => row['id'], :project_id => PROJECTS[row['project']].id, :tracker_id => TRACKERS[row['tracker']].id,
    :subject => row['subject'], :description => row['description'], :status_id => STATUS[row['status']].id,
    :priority_id => PRIORITY.id, :author_id => PEOPLE[row['author']].id, :assigned_to_id => PEOPLE[row['assignee']]&.id,
    :start_date => row['start'], :due_date => row['due'], :done_ratio => row['done'], :estimated_hours => row['hours'],
    :category_id => category&.id, :parent_id => row['parent'], :root_id => root, :lft => left, :rgt => right,
    :lock_version => 0, :is_private => false, :created_on => row['created'], :updated_on => row['updated'],
    :closed_on => STATUS[row['status']].is_closed? ? row['updated'] : nil
  }
end
values = ROWS.flat_map do |row|
  row['values'].compact.map do |name, value|
    text = value.is_a?(Hash) ? PEOPLE[value['person']].id.to_s : value
    {:customized_type => 'Issue', :customized_id => row['id'], :custom_field_id => FIELDS[name].id, :value => text}
  end
end
relations = ROWS.flat_map do |row|
  row['relations'].map { |type, to| {:issue_from_id => row['id'], :issue_to_id => to, :relation_type => type} }
end
day = Date.parse(DATA['today']) - 30
activity = TimeEntryActivity.first
entries = ROWS.select { |row| row['spent'].to_f.positive? }.map do |row|
  {
    :project_id => PROJECTS[row['project']].id, :issue_id => row['id'], :user_id => PEOPLE[row['author']].id,
    :author_id => PEOPLE[row['author']].id, :hours => row['spent'], :activity_id => activity.id, :spent_on => day,
    :tyear => day.year, :tmonth => day.month, :tweek => day.cweek, :created_on => row['created'], :updated_on => row['created']
  }
end

journals = ROWS.map do |row|
  {
    :journalized_type => 'Issue', :journalized_id => row['id'], :user_id => PEOPLE[row['author']].id, :notes => 'Looked at.',
    :private_notes => false, :created_on => row['updated']
  }
end

Issue.transaction do
  {Issue => issues, CustomValue => values, IssueRelation => relations, TimeEntry => entries, Journal => journals}.each do |model, rows|
    rows.each_slice(300) { |slice| model.insert_all!(slice) }
  end
end
raise 'some issues are missing' unless Issue.count == ROWS.size
